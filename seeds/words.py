"""What shoppers and reviewers of the demo write, in three languages. No names, no descriptions of people."""

import random
from typing import Final

Sentences = dict[str, tuple[str, ...]]

FAILED: Final[dict[str, Sentences]] = {
    "window_clean": {
        "en": ("Long streaks on the left window and old tape on the door.", "Dust and dried drops all over the lower half of the glass.", "Leftovers of a sale sticker and many fingerprints by the handle."),
        "ru": ("На левой витрине длинные разводы, на двери остатки скотча.", "Нижняя половина стекла в пыли и засохших каплях.", "Не до конца отодранная наклейка распродажи и следы рук у ручки."),
        "uk": ("На лівій вітрині довгі розводи, на дверях залишки скотчу.", "Нижня половина скла в пилу й засохлих краплях.", "Недовідклеєна наліпка розпродажу й відбитки рук біля ручки."),
    },
    "entrance_clear": {
        "en": ("Three delivery boxes stood right behind the door.", "A rail with sale items narrowed the entrance to one person.", "A bucket and a mop were left in the way."),
        "ru": ("Сразу за дверью стояли три коробки с поставкой.", "Стойка с распродажей сузила вход до одного человека.", "На проходе оставили ведро и швабру."),
        "uk": ("Одразу за дверима стояли три коробки з постачанням.", "Стійка з розпродажем звузила вхід до однієї людини.", "На проході залишили відро й швабру."),
    },
    "greeted": {
        "en": ("Nobody said a word until I asked for help.", "Two employees were at the till and went on talking.", "I walked past an employee twice, no greeting and no nod.", "The shop was full and nobody looked up."),
        "ru": ("Никто не сказал ни слова, пока не пришлось просить о помощи.", "Двое сотрудников у кассы продолжали разговор.", "Сотрудник дважды был рядом: ни приветствия, ни кивка.", "В магазине было много людей, никто не поднял глаз."),
        "uk": ("Ніхто не сказав ані слова, доки не довелося просити допомоги.", "Двоє працівників біля каси не перервали розмови.", "Працівник двічі був поруч: ні привітання, ні кивка.", "У магазині було багато людей, ніхто не підвів очей."),
    },
    "help_started": {
        "en": ("I asked and was told to wait; after ten minutes I went to choose on my own.", "The person I asked said it was not their section and left.", "I looked for somebody for about seven minutes and gave up."),
        "ru": ("На просьбу сказали подождать; через десять минут никто так и не подошёл.", "Мне ответили, что это не их отдел, и ушли.", "Минут семь найти никого не удавалось, потом пришлось выбирать без помощи."),
        "uk": ("На прохання сказали зачекати; за десять хвилин ніхто так і не підійшов.", "Мені відповіли, що це не їхній відділ, і пішли.", "Хвилин сім нікого не вдавалося знайти, потім довелося обирати без допомоги."),
    },
    "fabric_answer": {
        "en": ("Was told it is wool, the label said half polyester.", "“It should be fine in the machine” without a look at the label; the label forbids it.", "They did not know and did not try to find out."),
        "ru": ("Сказали, что шерсть, а на ярлыке половина полиэстера.", "«Стирайте в машине», не глядя на ярлык, а он это запрещает.", "Не знали и не попытались узнать."),
        "uk": ("Сказали, що вовна, а на ярлику половина поліестеру.", "«Періть у машинці», не глянувши на ярлик, а він це забороняє.", "Не знали й не спробували дізнатися."),
    },
    "tried_on": {
        "en": ("All cabins were closed for a repair.", "The queue for the cabins was too long for my time.", "My size was not there in anything I liked."),
        "ru": ("Все кабинки были закрыты на ремонт.", "Очередь в кабинки была слишком длинной.", "Ничего подходящего моего размера не оказалось."),
        "uk": ("Усі кабінки були зачинені на ремонт.", "Черга до кабінок була задовга.", "Нічого підхожого мого розміру не знайшлося."),
    },
    "fitting_state": {
        "en": ("Six pieces of clothing and hangers from somebody before me.", "Dust balls in the corner and a smeared mirror.", "The floor was sticky and tags lay about."),
        "ru": ("Шесть вещей и вешалки после предыдущего покупателя.", "Клубки пыли в углу и заляпанное зеркало.", "Липкий пол, на нём бирки."),
        "uk": ("Шість речей і вішалки після попереднього покупця.", "Клубки пилу в кутку й заляпане дзеркало.", "Липка підлога, на ній бирки."),
    },
    "no_pressure": {
        "en": ("The belt was offered three times after I had said no.", "I had to explain why I did not want the second shirt."),
        "ru": ("После отказа ремень предложили ещё три раза.", "Пришлось объяснять, почему мне не нужна вторая рубашка."),
        "uk": ("Після відмови пасок запропонували ще тричі.", "Довелося пояснювати, чому мені не потрібна друга сорочка."),
    },
    "bought": {
        "en": ("Nothing within the budget in my size.", "The card terminal was out of order and I had no cash.", "The queue did not move for ten minutes and I left."),
        "ru": ("В пределах бюджета не было моего размера.", "Терминал не работал, а наличных у меня не было.", "Очередь не двигалась десять минут, пришлось уйти."),
        "uk": ("У межах бюджету не було мого розміру.", "Термінал не працював, а готівки в мене не було.", "Черга не рухалася десять хвилин, довелося піти."),
    },
    "price_right": {
        "en": ("The tag said a tenth less than the till.", "The promised set discount was missing on the receipt.", "Old price charged although the rail showed the new one."),
        "ru": ("На ценнике было на десятую часть меньше, чем пробили.", "Обещанной скидки за комплект в чеке нет.", "Пробили старую цену, хотя на стойке новая."),
        "uk": ("На ціннику було на десяту частину менше, ніж пробили.", "Обіцяної знижки за комплект у чеку немає.", "Пробили стару ціну, хоча на стійці нова."),
    },
    "receipt_given": {
        "en": ("I had to ask for it.", "“Do you need it?” and the receipt went into the bin."),
        "ru": ("Пришлось попросить.", "«Вам нужен чек?» — и он ушёл в корзину."),
        "uk": ("Довелося попросити.", "«Вам потрібен чек?» — і він пішов у кошик."),
    },
    "returns_answer": {
        "en": ("“It is all on the website.” Nothing else.", "My question was met with a shrug."),
        "ru": ("«Всё на сайте», больше ничего.", "На вопрос только пожали плечами."),
        "uk": ("«Усе на сайті», більше нічого.", "На запитання лише знизали плечима."),
    },
    "floor_clean": {
        "en": ("Dried coffee near the shoes and dust under the rails.", "Tags and plastic clips on the floor in three places.", "Wet leaves all the way to the till, nobody swept."),
        "ru": ("Засохший кофе у обуви и пыль под стойками.", "Бирки и пластиковые клипсы на полу в трёх местах.", "Мокрые листья до самой кассы, никто не убирал."),
        "uk": ("Засохла кава біля взуття й пил під стійками.", "Бирки й пластикові кліпси на підлозі в трьох місцях.", "Мокре листя аж до каси, ніхто не прибирав."),
    },
    "exit_clear": {
        "en": ("Two rails and a ladder stood in front of the emergency exit.", "Boxes up to the shoulder before the exit by the fitting rooms."),
        "ru": ("Перед аварийным выходом стояли две стойки и стремянка.", "У выхода рядом с примерочными коробки по плечо."),
        "uk": ("Перед аварійним виходом стояли дві стійки й драбина.", "Біля виходу поруч із примірочними коробки по плече."),
    },
    "toilet_clean": {
        "en": ("No soap, no paper, wet floor.", "The bin was overflowing and there was no way to dry hands."),
        "ru": ("Нет мыла, нет бумаги, мокрый пол.", "Корзина переполнена, вытереть руки нечем."),
        "uk": ("Немає мила, немає паперу, мокра підлога.", "Кошик переповнений, витерти руки нічим."),
    },
    "polite": {
        "en": ("When I asked a second time, eyes were rolled and a voice was raised.", "A remark was made about my size in front of others.", "My direct question was answered with “you can see for yourself”, turning away."),
        "ru": ("На второй вопрос закатили глаза и повысили голос.", "При всех высказались о моём размере.", "На прямой вопрос ответили «сами видите» и отвернулись."),
        "uk": ("На друге запитання закотили очі й підвищили голос.", "При всіх висловилися про мій розмір.", "На пряме запитання відповіли «самі бачите» й відвернулися."),
    },
    "match_offered": {
        "en": ("Only “Anything else?” at the till.", "I was left alone with the trousers, no word on a belt or a shirt.", "Nothing was offered although I had asked for an outfit."),
        "ru": ("Только «Что-нибудь ещё?» на кассе.", "К брюкам ничего: ни слова о ремне или рубашке.", "Ничего не предложили, хотя речь шла о комплекте."),
        "uk": ("Лише «Щось іще?» на касі.", "До штанів нічого: ані слова про пасок чи сорочку.", "Нічого не запропонували, хоча йшлося про комплект."),
    },
    "fitting_help": {
        "en": ("I had to get dressed again to look for another size.", "Nobody was near the cabins the whole time."),
        "ru": ("Пришлось одеваться, чтобы найти другой размер.", "Всё это время у кабинок никого не было."),
        "uk": ("Довелося вдягатися, щоб знайти інший розмір.", "Увесь цей час біля кабінок нікого не було."),
    },
    "size_help": {
        "en": ("“What you see is what we have.”", "No offer to look in the other shop in town."),
        "ru": ("«Всё, что есть, висит».", "Не предложили узнать в другом магазине города."),
        "uk": ("«Усе, що є, висить».", "Не запропонували дізнатися в іншому магазині міста."),
    },
    "open_question": {
        "en": ("Only my size was asked.", "I was shown the nearest rail without a question."),
        "ru": ("Спросили только размер.", "Подвели к ближайшей стойке без единого вопроса."),
        "uk": ("Спитали лише розмір.", "Підвели до найближчої стійки без жодного запитання."),
    },
}  # fmt: skip
"""What is written beside a miss of this item."""

NOT_APPLICABLE: Final[dict[str, Sentences]] = {
    "fabric_answer": {
        "en": ("Nobody was there whom I could have asked.",),
        "ru": ("Спросить было не у кого.",),
        "uk": ("Спитати не було в кого.",),
    },
    "returns_answer": {
        "en": ("Returns are printed on the receipt and were pointed out before I could ask.",),
        "ru": ("Условия возврата напечатаны на чеке, показали сразу, без вопроса.",),
        "uk": ("Умови повернення надруковані на чеку, показали одразу, без запитання.",),
    },
}

PLAIN: Final[Sentences] = {
    "en": ("It was not as it should be; see the answer.", "This did not happen during my visit.", "Noticed twice during the visit."),
    "ru": ("Было не так, как должно быть; см. ответ.", "За время визита этого не произошло.", "Это было заметно дважды за визит."),
    "uk": ("Було не так, як має бути; див. відповідь.", "За час візиту цього не сталося.", "Це було помітно двічі за візит."),
}  # fmt: skip

BUSY: Final[Sentences] = {
    "en": ("The shop was very busy at that time.", "It was the hour after work, many people inside."),
    "ru": ("В это время было очень людно.", "Был час после работы, людей много."),
    "uk": ("У цей час було дуже людно.", "Була година після роботи, людей багато."),
}

WHERE: Final[Sentences] = {
    "en": ("It was near the entrance.", "It was by the till.", "It was at the back of the shop.", "It was next to the mirrors.", "It was by the knitwear.", "It was near the shoes.", "It was in front of the fitting rooms.", "It was at the sale rails.", "It was in the middle of the floor."),
    "ru": ("Это было у входа.", "Это было у кассы.", "Это было в глубине зала.", "Это было у зеркал.", "Это было у трикотажа.", "Это было у обуви.", "Это было перед примерочными.", "Это было у стоек с распродажей.", "Это было посередине зала."),
    "uk": ("Це було біля входу.", "Це було біля каси.", "Це було в глибині зали.", "Це було біля дзеркал.", "Це було біля трикотажу.", "Це було біля взуття.", "Це було перед примірочними.", "Це було біля стійок із розпродажем.", "Це було посередині зали."),
}  # fmt: skip
WHEN: Final[Sentences] = {
    "en": ("At the very beginning of the visit.", "Some minutes after coming in.", "Halfway through the visit.", "Shortly before paying.", "Right at the end.", "For as long as I was there.", "When I looked around for help.", "While others were being served."),
    "ru": ("В самом начале визита.", "Через несколько минут после входа.", "Где-то в середине визита.", "Незадолго до оплаты.", "Под самый конец.", "Всё время, пока шёл визит.", "Когда нужна была помощь.", "Пока обслуживали других."),
    "uk": ("На самому початку візиту.", "За кілька хвилин після входу.", "Десь посередині візиту.", "Незадовго до оплати.", "Під самий кінець.", "Увесь час, поки тривав візит.", "Коли потрібна була допомога.", "Поки обслуговували інших."),
}  # fmt: skip
"""Where and when, as far as a shopper may say: never a clock time, which would tell the shop who it was."""

CHANGE_FIRST: Final[dict[str, Sentences]] = {
    "match_offered": {
        "en": ("Offer one piece that goes with the choice; I would have bought it.", "Show a whole outfit instead of one piece."),
        "ru": ("Предлагать одну вещь к выбранной: её охотно купили бы заодно.", "Показывать комплект целиком, а не одну вещь."),
        "uk": ("Пропонувати одну річ до обраної: її охоче купили б заразом.", "Показувати комплект цілком, а не одну річ."),
    },
    "fitting_help": {
        "en": ("Put somebody near the fitting rooms in busy hours.",),
        "ru": ("Поставить человека у примерочных в часы пик.",),
        "uk": ("Поставити людину біля примірочних у години пік.",),
    },
    "greeted": {
        "en": ("Look up when somebody comes in; it costs nothing.",),
        "ru": ("Поднимать глаза, когда кто-то входит: это ничего не стоит.",),
        "uk": ("Підводити очі, коли хтось заходить: це нічого не коштує.",),
    },
    "queue_time": {
        "en": ("Open the second till earlier.",),
        "ru": ("Раньше открывать вторую кассу.",),
        "uk": ("Раніше відчиняти другу касу.",),
    },
    "price_tags": {
        "en": ("Put prices on the accessories, half of them had none.",),
        "ru": ("Поставить цены на аксессуары, у половины их нет.",),
        "uk": ("Поставити ціни на аксесуари, у половини їх немає.",),
    },
    "": {
        "en": ("Music a little quieter near the fitting rooms.", "More mirrors on the floor.", "A bench for those who wait.", "Nothing, I will come again.", "Clearer signs to the sizes."),
        "ru": ("Музыку у примерочных чуть тише.", "Больше зеркал в зале.", "Скамейку для тех, кто ждёт.", "Ничего, приду ещё.", "Понятнее указатели размеров."),
        "uk": ("Музику біля примірочних трохи тихіше.", "Більше дзеркал у залі.", "Лавку для тих, хто чекає.", "Нічого, прийду ще.", "Зрозуміліші вказівники розмірів."),
    },
}  # fmt: skip
"""Answers to “what should change first”, by the item that was missed; "" for visits without such a miss."""

SCENARIOS: Final[tuple[dict[str, str], ...]] = (
    {
        "en": "You look for a small gift for a friend. Ask what can be exchanged.",
        "ru": "Вы ищете подарок для друга, недорого. Спросите, что можно обменять.",
        "uk": "Ви шукаєте подарунок для друга, недорого. Спитайте, що можна обміняти.",
    },
    {
        "en": "You need an outfit for an interview next week and do not know what to combine.",
        "ru": "Вам нужен костюм для собеседования на следующей неделе, и вы не знаете, что с чем сочетать.",
        "uk": "Вам потрібен одяг для співбесіди наступного тижня, і ви не знаєте, що з чим поєднати.",
    },
    {
        "en": "You collect an online order and look around afterwards.",
        "ru": "Вы забираете онлайн-заказ и после этого осматриваетесь.",
        "uk": "Ви забираєте онлайн-замовлення й потім роздивляєтеся.",
    },
    {
        "en": "Come in the hour after work, when the shop is busy.",
        "ru": "Приходите в час после работы, когда людно.",
        "uk": "Приходьте в годину після роботи, коли людно.",
    },
)

RETURN_REASONS: Final[dict[str, Sentences]] = {
    "receipt_photo": {
        "en": ("The total cannot be read. Please photograph the receipt flat and sharp.",),
        "ru": ("Итог не читается. Сфотографируйте чек ровно и чётко.",),
        "uk": ("Суму не видно. Сфотографуйте чек рівно й чітко.",),
    },
    "greeted": {
        "en": ("Please say where the employees were when you came in.",),
        "ru": ("Напишите, где были сотрудники, когда вы вошли.",),
        "uk": ("Напишіть, де були працівники, коли ви зайшли.",),
    },
    "queue_time": {
        "en": ("The queue seems very long for that hour. Is it minutes or seconds?",),
        "ru": ("Очередь слишком длинная для этого часа. Это минуты или секунды?",),
        "uk": ("Черга задовга як на цю годину. Це хвилини чи секунди?",),
    },
    "match_offered": {
        "en": ("Was a definite piece named? “Anything else?” does not count.",),
        "ru": ("Назвали конкретную вещь? «Что-нибудь ещё?» не считается.",),
        "uk": ("Назвали конкретну річ? «Щось іще?» не рахується.",),
    },
}

STEP_REASONS: Final[dict[str, Sentences]] = {
    "declined": {
        "en": ("I am away that week.", "Too far from where I live now."),
        "ru": ("В эту неделю меня нет в городе.", "Слишком далеко от моего дома."),
        "uk": ("Цього тижня мене немає в місті.", "Задалеко від мого дому."),
    },
    "cancelled": {
        "en": ("The shop was closed for refurbishment.",),
        "ru": ("Магазин был закрыт на ремонт.",),
        "uk": ("Магазин був зачинений на ремонт.",),
    },
    "void": {
        "en": ("The shopper was recognised.", "The shop closed early that day."),
        "ru": ("Покупателя узнали.", "В тот день магазин закрылся раньше."),
        "uk": ("Покупця впізнали.", "Того дня магазин зачинився раніше."),
    },
}


def pick(chance: random.Random, sentences: Sentences, language: str) -> str:
    """One of the sentences of that language."""
    return chance.choice(sentences[language])


def comment_on(chance: random.Random, item: str, answer: str, language: str, *, busy: bool) -> str:
    """What a shopper writes beside this answer."""
    if answer == "na":
        return pick(chance, NOT_APPLICABLE.get(item, PLAIN), language)
    parts = [pick(chance, FAILED.get(item, PLAIN), language)]
    if chance.random() < 0.7:
        parts.append(pick(chance, WHEN, language))
    if chance.random() < 0.6:
        parts.append(pick(chance, WHERE, language))
    if busy and chance.random() < 0.3:
        parts.append(pick(chance, BUSY, language))
    return " ".join(parts)


def change_first(chance: random.Random, missed: list[str], language: str) -> str:
    """What the shopper would change first, after missing these items."""
    known = [item for item in missed if item in CHANGE_FIRST]
    key = chance.choice(known) if known and chance.random() < 0.75 else ""
    return pick(chance, CHANGE_FIRST[key], language)
