"""TRIPOD+AI, CLAIM and STROCSS: what a bundle can answer, where, and what it cannot.

Item numbers and topics follow the published statements (TRIPOD+AI: Collins et al., BMJ
2024;385:e078378; CLAIM: Mongan et al., Radiol Artif Intell 2020;2:e200029; STROCSS: the edition
that the paper cites, Int J Surg 2019;72:156-65). Only the topic is named; who submits a paper
fills in the statement's own form.
"""

from dataclasses import dataclass
from typing import Any

from trainer.evaluation_report_document import Section, Table
from trainer.evaluation_report_sources import ReportMaterial

SYNTHETIC = "synthetic phantoms: there were no patients"
BY_INSTITUTION = "to be written by the institution whose patients these are"


@dataclass(frozen=True)
class Item:
    """One item of a statement.

    Attributes
    ----------
    number, topic : str
        Of the statement.
    where : str
        Where it is reported; empty where nothing is.
    missing : str
        What is missing; empty where nothing is.
    """

    number: str
    topic: str
    where: str
    missing: str = ""

    @property
    def status(self) -> str:
        """Reported, in part, or not."""
        if not self.where:
            return "not reported"
        return "in part" if self.missing else "reported"


def checklist_sections(material: ReportMaterial) -> tuple[Section, ...]:
    """Fill all three statements from a bundle."""
    return tuple(
        Section(f"{name} items", (counts(items), _table(items)))
        for name, items in (
            ("TRIPOD+AI", tripod_ai(material)),
            ("CLAIM", claim(material)),
            ("STROCSS", strocss(material)),
        )
    )


def counts(items: tuple[Item, ...]) -> str:
    """Say how many items are reported."""
    found = [item.status for item in items]
    words = (f"{found.count(one)} {one}" for one in ("reported", "in part", "not reported"))
    return ", ".join(words) + ". What is missing is said, not filled in."


def _table(items: tuple[Item, ...]) -> Table:
    rows = tuple(
        (one.number, one.topic, one.status, one.where or "-", one.missing or "-") for one in items
    )
    return Table(("item", "topic", "status", "where", "missing"), rows)


def _dates(material: ReportMaterial) -> str:
    return SYNTHETIC if material.cache.synthetic else f"dates of recruitment: {BY_INSTITUTION}"


def _ethics(material: ReportMaterial) -> str:
    if material.cache.synthetic:
        return "no approval needed: phantoms"
    return BY_INSTITUTION


def _origin(material: ReportMaterial) -> str:
    if material.bundle.manifest.survival_time_origin == "not_stated":
        return "time origin of survival is not stated in the recipe"
    return ""


MISSING_DATA = (
    "complete cases in each model; multiple imputation only in the explorer and associate"
)


def _pretrained(material: ReportMaterial) -> str:
    config: Any = material.bundle.manifest.config
    start = config["network"]["initial_weights"]
    return f"model card (start: {start} weights)"


def _intervals(material: ReportMaterial) -> str:
    if material.bundle.extras.interval is None:
        return "no interval for a single patient: no coverage could be measured"
    return ""


def tripod_ai(material: ReportMaterial) -> tuple[Item, ...]:
    """Fill the 27 items of TRIPOD+AI."""
    dates, ethics = _dates(material), _ethics(material)
    return (
        Item("1", "title", "model card", "target population and outcome belong in a paper's title"),
        Item("2", "abstract", "", "belongs to a paper"),
        Item("3", "background, health inequalities", "", BY_INSTITUTION),
        Item("4", "objectives", "model card: what it is"),
        Item("5", "data sources and dates", "Table 1, centres", dates),
        Item("6", "participants, eligibility, treatments", "model card: on whom", BY_INSTITUTION),
        Item("7", "data preparation", "manifest: preprocessing; model card"),
        Item("8", "outcome and its assessment", "model card (TRG 0-1; survival)",
             "; ".join(filter(None, (_origin(material), "blinding of the assessors")))),
        Item("9", "predictors", "manifest: variables; Table 1"),
        Item("10", "sample size", "model card: patients and events", "no calculation in advance"),
        Item("11", "missing data", "Table 1: missing cells", MISSING_DATA),
        Item("12", "analytical methods", "manifest: config; model card; this report"),
        Item("13", "class imbalance", "manifest: config; calibration before and after"),
        Item("14", "fairness", "centres and subgroups", "few attributes: sex and age only"),
        Item("15", "model output", "model card: cutoffs, label sets", _intervals(material)),
        Item("16", "training versus evaluation", "Tables 1 and 2 by cohort"),
        Item("17", "ethical approval", ethics if material.cache.synthetic else "", ""
             if material.cache.synthetic else ethics),
        Item("18", "open science: funding, protocol, registration, code", "manifest: code version",
             "funding, protocol and registration"),
        Item("19", "patient and public involvement", "", "none"),
        Item("20", "participants: flow, characteristics", "Table 1", "flow of exclusions"),
        Item("21", "model development: numbers", "model card: patients; Table 3"),
        Item("22", "model specification", "bundle: coefficients and weights, hashed"),
        Item("23", "model performance with intervals, by subgroup", "Table 2, curves, subgroups"),
        Item("24", "model updating", "command recalibrate", "none done here"),
        Item("25", "interpretation", "", BY_INSTITUTION),
        Item("26", "limitations", "model card: limits; failure cases", "bias: " + BY_INSTITUTION),
        Item("27", "usability: input quality, expertise", "model card: who is refused",
             "study with users"),
    )  # fmt: skip


def claim(material: ReportMaterial) -> tuple[Item, ...]:
    """Fill the 42 items of CLAIM, neighbours that are answered alike taken together."""
    ethics = _ethics(material)
    annotation = "outlines are the generator's own" if material.cache.synthetic else BY_INSTITUTION
    return (
        Item("1-2", "title, abstract", "", "belong to a paper"),
        Item("3-4", "background, objectives", "model card: what it is", "background"),
        Item("5-6", "study design and goal", "this report", "prospective or retrospective"),
        Item("7-8", "data sources, eligibility", "Table 1", _dates(material)),
        Item("9", "preprocessing", "manifest: preprocessing"),
        Item("10", "selection of data subsets", "model card: key slice and neighbours"),
        Item("11", "definition of data elements", "manifest: variables"),
        Item("12", "de-identification", "program's documentation", ethics),
        Item("13", "missing data", "Table 1", MISSING_DATA),
        Item("14-15", "ground truth and its rationale", "model card (TRG 0-1)"),
        Item("16-18", "annotators, tools, variability", "", annotation),
        Item("19", "sample size", "model card", "no calculation in advance"),
        Item("20-21", "partitions, level of disjointness", "model card: folds by patient"),
        Item("22-24", "model, software, initialisation", _pretrained(material)),
        Item("25-27", "training, selection of the model, ensembling", "manifest: config"),
        Item("28", "metrics", "Table 2"),
        Item("29", "statistical measures of uncertainty", "intervals throughout",
             _intervals(material)),
        Item("30", "robustness", "centres; ablation where given", "other outlines: the program's "
             "outline stress test, per case"),
        Item("31", "explainability", "heat maps by grade; sanity checks where given"),
        Item("32", "internal or external testing", "Table 2 by cohort"),
        Item("33-34", "flow, demographics", "Table 1", "flow of exclusions"),
        Item("35-36", "performance on each partition", "Table 2, subgroups"),
        Item("37", "failure analysis", "failure cases"),
        Item("38-39", "limitations, implications", "model card: limits", "implications"),
        Item("40-42", "registration, protocol, funding", "", BY_INSTITUTION),
    )  # fmt: skip


def strocss(material: ReportMaterial) -> tuple[Item, ...]:
    """Fill the items of STROCSS, of which a trained model can answer few."""
    dates = _dates(material)
    return (
        Item("1-3", "title, abstract, highlights", "", "belong to a paper"),
        Item("4", "introduction", "", BY_INSTITUTION),
        Item("5a", "registration", "", BY_INSTITUTION),
        Item("5b", "ethical approval", "", _ethics(material)),
        Item("5c", "protocol", "manifest: recipe and seed", "written before the study: no"),
        Item("6a", "study design", "this report: cohorts", dates),
        Item("6b", "setting and dates", "centres in Table 1", dates),
        Item("6c", "cohorts, groups", "Table 1; risk groups"),
        Item("7a-b", "participants, recruitment", "Table 1", BY_INSTITUTION),
        Item("7c", "sample size", "model card", "no calculation in advance"),
        Item("8", "intervention and considerations", "", "regimens and operations are not inputs"),
        Item("8e", "quality control of images", "model card: who is refused"),
        Item("8f", "outcomes", "model card (TRG 0-1; survival)", _origin(material)),
        Item("8g", "statistics", "this report; manifest: config"),
        Item("9a", "participants and their characteristics", "Table 1"),
        Item("9b", "comparison of groups", "Table 1; Table 3"),
        Item("10", "outcomes and results", "Tables 2 and 3, curves"),
        Item("11", "complications, tolerability", "", "not part of a prediction model"),
        Item("12", "discussion", "", BY_INSTITUTION),
        Item("13", "strengths and limitations", "model card: limits; failure cases"),
        Item("14-15", "implications, conclusion", "", BY_INSTITUTION),
        Item("16-17", "conflicts of interest, funding, contributions", "", BY_INSTITUTION),
    )  # fmt: skip
