"""The consultation on one printed page, in large type, from the same numbers as the screen."""

from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from dlcs_core.figures.icon_array import RESPONSE_FRAMES
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_view import CaseView, time_origin_text
from dlcs_core.report.consultation import Consultation, Outlook
from dlcs_core.report.print_figures import icon_array_svg, survival_svg
from dlcs_core.translation import sentence

SURVIVAL_FRAMES = ("consult_icons_alive", "consult_icons_dead")
"""Message codes of the two groups of people where survival is told."""


def outlook_text(outlook: Outlook, language: str) -> str:
    """Word one outcome in both frames, marked up for emphasis."""
    good, poor = (_spoken(text, language) for text in (outlook.good_text, outlook.poor_text))
    code = f"consult_{outlook.frame}"
    return sentence(code, language, good=good, poor=poor, month=_month(outlook))


def _spoken(text: str, language: str) -> str:
    """Word what is written as <1 or >99 in a table."""
    codes = {"<1": "consult_fewer_than_1", ">99": "consult_more_than_99"}
    return sentence(codes[text], language) if text in codes else text


def outlook_name(outlook: Outlook, language: str) -> str:
    """Name one outcome."""
    return sentence(f"consult_name_{outlook.frame}", language, month=_month(outlook))


def basis_text(told: Consultation, outlook: Outlook, language: str) -> str:
    """Say how many patients stand behind an outcome."""
    if outlook.month is None:
        return sentence("consult_basis_response", language, n=told.n_patients, events=told.n_good)
    return sentence("consult_basis_survival", language, n=told.n_followed, events=told.n_deaths)


def _month(outlook: Outlook) -> str:
    return "" if outlook.month is None else f"{outlook.month:g}"


def consultation_html(
    report: CaseReport,
    view: CaseView,
    told: Consultation,
    language: str = "en",
    *,
    printed_at: datetime | None = None,
) -> str:
    """Return the page to take home.

    Parameters
    ----------
    report, view : CaseReport, CaseView
        The assessment and its context.
    told : Consultation
        Of the same case.
    language : str
        ``"en"`` or ``"zh"``.
    printed_at : datetime, optional
        Date on the page; now by default.

    Returns
    -------
    str
        One A4 page of HTML; nothing in it comes from outside or runs. No identifier is printed.
    """
    response, *survival = told.outlooks
    return _template().render(
        say=partial(_say, language),
        language=language,
        overprinted=view.overprinted,
        synthetic=report.bundle.synthetic_training_data,
        statements=[_marked(outlook_text(one, language)) for one in (response, *survival[-1:])],
        icons=[
            icon_array_svg(one.probability, language, _frames(one)[0])
            for one in (response, *survival[-1:])
        ],
        names=[[sentence(code, language, count=text) for code, text in
                zip(_frames(one), (one.good_text, one.poor_text), strict=True)]
               for one in (response, *survival[-1:])],
        rows=[
            (outlook_name(one, language), one.good_text, one.poor_text,
             "–" if one.interval is None else " – ".join(one.interval))
            for one in told.outlooks
        ],
        basis=[basis_text(told, one, language) for one in (response, *survival[:1])],
        curve=_curve(report, language),
        origin=time_origin_text(report.bundle.survival_time_origin, language),
        footer=_footer(report, printed_at or datetime.now(UTC)),
    )  # fmt: skip


def _frames(outlook: Outlook) -> tuple[str, str]:
    return RESPONSE_FRAMES if outlook.month is None else SURVIVAL_FRAMES


def _curve(report: CaseReport, language: str) -> object:
    curve = report.survival.curve
    return None if curve is None else survival_svg(curve, {}, language)


def _footer(report: CaseReport, printed_at: datetime) -> str:
    bundle = report.bundle
    return f"DLCS · {bundle.name} {bundle.version} · {bundle.sha256[:12]} · {printed_at:%Y-%m-%d}"


def _marked(text: str) -> list[tuple[str, bool]]:
    """Split a sentence at its emphasis: pieces, and whether each is strong."""
    return [(piece, place % 2 == 1) for place, piece in enumerate(text.split("**")) if piece]


def _say(language: str, code: str, **values: object) -> str:
    return sentence(code, language, **values)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("consultation.html.j2")
