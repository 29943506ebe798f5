"""Pages as PDF: tagged for screen readers, without a single look at the network or the disk.

WeasyPrint fetches whatever a page names, also files of this machine; ours refuses everything, so a text that smuggles
an address in gets nothing. Called in a limited process only (see `kit.limited`): odd content can cost minutes.
"""

from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher


class NothingIsFetched(ValueError):
    """A document of ours names no address."""


class NoFetcher(URLFetcher):  # type: ignore[misc]
    """Refuses every address."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        """Nothing is fetched."""
        raise NothingIsFetched(url[:100])


def pdf_of(html: str, css: str) -> bytes:
    """The document as PDF/UA; `html` and `css` are whole texts."""
    fonts = FontConfiguration()
    fetcher = NoFetcher()
    sheet = CSS(string=css, font_config=fonts, url_fetcher=fetcher)
    made: bytes = HTML(string=html, base_url=None, url_fetcher=fetcher).write_pdf(
        stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1"
    )
    return made
