"""A methodologist's way: a foreign table through the assistant, and a view that was sent."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def foreign_table(tmp_path):
    """Chinese names, millimetres, days, semicolons, GB18030, one bad row."""
    rows = [
        f"P{i};{'女' if i % 2 else '男'};{20 + i % 60};TRG {i % 4};{300 + 9 * i};{1 + i % 2};"
        f"{(0.8 - 0.15 * (i % 4) + 0.004 * (i % 37)):.3f}"
        for i in range(120)
    ]
    rows[7] = rows[7].replace("女", "X")
    path = tmp_path / "表.csv"
    header = "患者编号;性别;最大径(mm);TRG;生存时间(天);生存状态;radiomics"
    path.write_bytes("\n".join([header, *rows, ""]).encode("gb18030"))
    return path


def test_a_foreign_table_goes_through_the_assistant_to_a_curve(visit, server, foreign_table):
    visit.open(f"{server.url}/response_explorer")
    visit.page.get_by_text("Own table").click()
    visit.page.locator(".st-key-own_table_file input[type=file]").set_input_files(foreign_table)
    visit.page.wait_for_selector("text=1 of 120 rows refused, 119 used")
    visit.settle()
    chosen = visit.page.eval_on_selector_all(
        "[data-testid=stSelectbox] input", "boxes => boxes.map(box => box.value)"
    )
    assert {"converted from mm", "days → months", "coded 1 = no, 2 = yes"} <= set(chosen)
    assert "AUC, radiomics" in visit.text()
    assert "threshold" not in visit.page.url


def test_a_link_opens_the_view_that_was_sent(visit, server):
    visit.open(f"{server.url}/survival_explorer?survival_view=cox&cohort=all&lang=zh")
    assert "Cox 回归数值" in visit.text()
