"""The nine rows of the printed RACI tables that do not hold exactly one A, and what is done about each.

The rows are found in the printed tables themselves; only the decisions stand here. The
table stays as printed (specification section 13.1), the proposal says who is taken as A
until the manual's owner decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.manual import manual


@dataclass(frozen=True)
class Decision:
    """Who is taken as accountable: a role, its heads when `heads`, with a sentence in Thai and English."""

    role: str
    heads: bool
    th: str
    en: str


DECISIONS = {
    "6.1-S2": Decision("all_units", True, "A คือหัวหน้าของแต่ละหน่วยงานที่ตอบ", "A is the head of each replying unit."),
    "6.2-S1": Decision(
        "it_director", False, "A คือ ผอ.ทส. ส่วนคณะทำงานเป็น R", "A is the IT director; the working group is R."
    ),
    "6.2-S4": Decision("it_director", False, "A คือ ผอ.ทส.", "A is the IT director."),
    "6.2-S5": Decision("wanting_unit", True, "A คือหัวหน้าหน่วยงานที่ต้องการเชื่อมโยง", "A is the head of the wanting unit."),
    "6.3-S2": Decision("it_dept", False, "A คือ ฝ่าย ทส. เช่นเดียวกับขั้นตอนที่ 3", "A is the IT department, as in step 3."),
    "6.3-S4": Decision("owner_director", False, "A คือ ผอ.ฝ่ายเจ้าของข้อมูล", "A is the data owner's director."),
    "6.3-S7": Decision("it_dept", False, "A คือ ฝ่าย ทส.", "A is the IT department."),
    "6.3-S8": Decision("it_dept", False, "A คือ ฝ่าย ทส.", "A is the IT department."),
    "6.4-S1": Decision(
        "directors", False, "A คือ ผอ. ของฝ่ายที่ถือรายการเชื่อมโยง ฝ่ายเป็น R",
        "A is the director of the department that holds the link; the departments are R.",
    ),
}


def faulty_steps() -> dict[str, int]:
    """Number of A by printed step, for the steps that do not have exactly one."""
    counts = {step: sum("A" in letters for letters in row.values()) for step, row in manual().raci.items()}
    return {step: count for step, count in counts.items() if count != 1}
