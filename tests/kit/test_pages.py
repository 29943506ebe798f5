"""Sentences of templates: said in the reader's language, escaped or filled as Jinja itself would."""

from audit_app.kit import i18n
from audit_app.kit.pages import make_environment


def _shown(source: str, language: str, **values: object) -> str:
    i18n.use_language(language)
    try:
        return make_environment().from_string(source).render(**values)
    finally:
        i18n.use_language("en")


def test_a_plain_sentence_follows_the_reader() -> None:
    assert _shown("{{ _('Saved') }}", "en") == "Saved"
    assert _shown("{{ _('Saved') }}", "ru") == i18n.translations("ru").ugettext("Saved")
    assert _shown("{{ _('Saved') }}", "uk") == i18n.translations("uk").ugettext("Saved")


def test_a_sign_of_percent_is_written_twice_and_shown_once() -> None:
    assert _shown("{{ _('100 %% sure') }}", "en") == "100 % sure"


def test_values_are_filled_in_and_escaped() -> None:
    assert _shown("{{ _('Hello %(who)s', who=who) }}", "en", who="<b>") == "Hello &lt;b&gt;"
    assert _shown("{{ _(text) }}", "en", text="Saved") == "Saved"


def test_macros_without_context_follow_the_reader_too() -> None:
    source = "{% from 'shared/badges.html' import version_state %}{{ version_state('draft') }}"
    environment = make_environment()
    environment.globals["asset"] = str
    shown = {}
    for language in ("en", "ru", "uk"):
        i18n.use_language(language)
        shown[language] = environment.from_string(source).render()
    i18n.use_language("en")
    assert len(set(shown.values())) == 3
