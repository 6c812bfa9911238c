"""How other tables call our columns and levels, in English and Chinese."""

import re
import unicodedata

COLUMN_SYNONYMS: dict[str, tuple[str, ...]] = {
    "patient_id": (
        "id", "patient", "patientid", "patientno", "caseid", "caseno", "mrn", "subject",
        "subjectid", "studyid", "no", "患者编号", "病人编号", "编号", "病例号", "住院号",
        "病历号", "患者id",
    ),
    "center": ("centre", "hospital", "site", "institution", "中心", "医院", "机构"),
    "cohort": ("set", "split", "dataset", "group", "队列", "数据集", "分组"),
    "trg": (
        "tumorregressiongrade", "tumourregressiongrade", "trggrade", "captrg", "肿瘤退缩分级",
        "退缩分级",
    ),
    "good_response": (
        "response", "responder", "goodresponder", "pathologicalresponse", "outcome", "label",
        "gr", "反应", "疗效", "反应良好", "病理反应", "结局",
    ),
    "age_years": ("age", "ageatdiagnosis", "年龄"),
    "sex": ("gender", "性别"),
    "bmi_kg_m2": ("bmi", "bodymassindex", "体重指数", "体质指数"),
    "tumor_location": (
        "location", "tumorsite", "tumoursite", "tumourlocation", "site of tumour", "肿瘤部位",
        "部位", "肿瘤位置",
    ),
    "max_diameter_cm": (
        "diameter", "maxdiameter", "maximumdiameter", "tumorsize", "tumoursize", "size",
        "longdiameter", "最大径", "肿瘤最大径", "肿瘤大小", "最大直径",
    ),
    "wall_thickness_cm": (
        "thickness", "wallthickness", "gastricwallthickness", "胃壁厚度", "壁厚", "厚度",
    ),
    "borrmann_type": ("borrmann", "borrmannclassification", "borrmann分型", "bormann"),
    "ct_stage": ("ct", "ctstage", "clinicalt", "tstage", "cT分期", "临床t分期", "t分期"),
    "cn_stage": ("cn", "cnstage", "clinicaln", "nstage", "cN分期", "临床n分期", "n分期"),
    "cm_stage": ("cm", "cmstage", "clinicalm", "mstage", "cM分期", "临床m分期", "m分期"),
    "differentiation": ("grade", "histologicgrade", "histologicalgrade", "分化", "分化程度"),
    "src_component": (
        "src", "signetringcell", "signetringcells", "signetringcellcomponent", "印戒细胞",
        "印戒细胞成分", "含印戒细胞",
    ),
    "cea": ("ceastatus", "癌胚抗原"),
    "ca125": ("ca125status", "糖类抗原125"),
    "afp": ("afpstatus", "甲胎蛋白"),
    "neutrophils_1e9_l": (
        "neutrophil", "neutrophils", "neutrophilcount", "neut", "anc", "中性粒细胞",
        "中性粒细胞计数", "中性粒细胞绝对值",
    ),
    "lymphocytes_percent": (
        "lymphocyte", "lymphocytes", "lymphocytepercent", "lymphocytepercentage", "lymph",
        "淋巴细胞百分比", "淋巴细胞比例", "淋巴细胞",
    ),
    "plateletcrit_percent": ("plateletcrit", "血小板压积"),
    "albumin_g_l": ("albumin", "alb", "serumalbumin", "白蛋白", "血清白蛋白"),
    "glucose_mmol_l": (
        "glucose", "bloodglucose", "glu", "fastingglucose", "血糖", "空腹血糖", "葡萄糖",
    ),
    "enlarged_lymph_nodes": (
        "lymphnodes", "enlargednodes", "nodes", "numberoflymphnodes", "lnnumber", "肿大淋巴结",
        "肿大淋巴结数", "淋巴结数",
    ),
    "pathological_type": (
        "histology", "pathology", "histologicaltype", "histologictype", "pathologictype",
        "病理类型", "组织学类型",
    ),
    "os_months": (
        "os", "ostime", "overallsurvival", "survivaltime", "survivalmonths", "followup",
        "followuptime", "time", "osdays", "osmonth", "生存时间", "总生存期", "总生存时间",
        "随访时间",
    ),
    "os_event": (
        "death", "dead", "died", "event", "osstatus", "status", "vitalstatus", "死亡", "生存状态",
        "是否死亡", "结局状态",
    ),
    "dl_signature": ("dlscore", "deeplearningsignature", "深度学习标签", "深度学习评分"),
    "clinical_signature": ("clinicalscore", "clinicalmodel", "临床标签", "临床模型"),
    "dlcs": ("combinedmodel", "nomogram", "nomogramscore", "联合模型"),
    "os_linear_predictor": ("riskscore", "linearpredictor", "risk", "风险评分"),
}  # fmt: skip
"""By canonical name, folded as :func:`folded` does when they are compared."""

TRUE_WORDS = frozenset({
    "1", "yes", "y", "true", "good", "responder", "dead", "death", "died", "deceased", "event",
    "positive", "是", "有", "死亡", "良好", "反应良好", "有效", "阳性",
})  # fmt: skip
FALSE_WORDS = frozenset({
    "0", "no", "n", "false", "poor", "nonresponder", "alive", "living", "censored", "negative",
    "否", "无", "存活", "生存", "删失", "不良", "反应不良", "无效", "阴性",
})  # fmt: skip

_MARKER = {
    "neg": "negative", "-": "negative", "阴性": "negative", "正常": "negative",
    "normal": "negative", "pos": "positive", "+": "positive", "阳性": "positive",
    "升高": "positive", "elevated": "positive", "未知": "unknown", "不详": "unknown",
    "未查": "unknown", "na": "unknown", "notknown": "unknown",
}  # fmt: skip

LEVEL_SYNONYMS: dict[str, dict[str, str]] = {
    "sex": {"f": "female", "女": "female", "女性": "female", "woman": "female",
            "m": "male", "男": "male", "男性": "male", "man": "male"},
    "tumor_location": {
        "上": "upper", "上部": "upper", "胃上部": "upper", "贲门": "upper", "胃底": "upper",
        "cardia": "upper", "中": "middle", "中部": "middle", "胃中部": "middle", "胃体": "middle",
        "body": "middle", "下": "lower", "下部": "lower", "胃下部": "lower", "胃窦": "lower",
        "antrum": "lower", "全胃": "whole", "弥漫": "whole", "entire": "whole",
        "diffuse": "whole", "total": "whole",
    },
    "borrmann_type": {"1": "I", "2": "II", "3": "III", "4": "IV"},
    "ct_stage": {"1": "T1", "2": "T2", "3": "T3", "4": "T4"},
    "cn_stage": {"0": "N0", "1": "N1", "2": "N2", "3": "N3"},
    "cm_stage": {"0": "M0", "1": "M1"},
    "differentiation": {
        "低分化": "poor", "低": "poor", "g3": "poor", "poorlydifferentiated": "poor",
        "低中分化": "poor_moderate", "中低分化": "poor_moderate", "poormoderate": "poor_moderate",
        "中分化": "moderate", "中": "moderate", "g2": "moderate",
        "moderatelydifferentiated": "moderate",
        "高分化": "well", "高": "well", "g1": "well", "welldifferentiated": "well",
    },
    "src_component": {**dict.fromkeys(TRUE_WORDS, "yes"), **dict.fromkeys(FALSE_WORDS, "no")},
    "cea": _MARKER,
    "ca125": _MARKER,
    "afp": _MARKER,
    "pathological_type": {
        "腺癌": "adenocarcinoma", "管状腺癌": "adenocarcinoma", "tubular": "adenocarcinoma",
        "黏液腺癌": "mucinous", "粘液腺癌": "mucinous", "mucinousadenocarcinoma": "mucinous",
        "印戒细胞癌": "signet_ring", "signetringcellcarcinoma": "signet_ring",
        "signetring": "signet_ring", "鳞癌": "squamous", "鳞状细胞癌": "squamous",
        "squamouscellcarcinoma": "squamous", "其他": "other",
    },
    "cohort": {
        "train": "training", "development": "training", "训练": "training", "训练集": "training",
        "训练队列": "training",
        "internal": "internal_validation", "validation": "internal_validation",
        "test": "internal_validation", "内部验证": "internal_validation",
        "内部验证集": "internal_validation", "验证集": "internal_validation",
        "external": "external_validation", "externaltest": "external_validation",
        "外部验证": "external_validation", "外部验证集": "external_validation",
    },
}  # fmt: skip
"""By variable: folded text of a cell to our level."""

_UNIT = re.compile(r"[(\[（【].*?[)\]）】]")
_NOT_WORD = re.compile(r"[^0-9a-z一-鿿+\-]")
_PREFIX = re.compile(r"^(?:borrmann|type|trg|grade)|(?:型|级|期)$")


def folded(text: str) -> str:
    """Return a name or cell for comparison: compatible forms, lower case, no separators.

    Examples
    --------
    >>> folded(" Age (years) "), folded("Max_Diameter"), folded("ＢＭＩ")
    ('age', 'maxdiameter', 'bmi')
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = _NOT_WORD.sub("", _UNIT.sub("", plain))
    return kept if kept in ("+", "-") else kept.replace("-", "").replace("+", "")


def without_kind(text: str) -> str:
    """Return a folded cell without the name of its scale.

    Examples
    --------
    >>> without_kind("borrmanniii"), without_kind("trg2"), without_kind("3型")
    ('iii', '2', '3')
    """
    previous = None
    while previous != text:
        previous, text = text, _PREFIX.sub("", text)
    return text
