"""A demonstration organisation: units, bodies and accounts named after what they do.

For trying the product, for replays and for tests; never for production. Every account
has the same password, which is printed at start and refused as a production setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import insert, select

from engine import numbering, people
from engine.calendar import today
from engine.context import Context
from engine.tables import links
from engine.tables import people as people_table
from engine.tables.base import new_id

PASSWORD = "prasan-demo-2570"  # noqa: S105 - printed on the login page of the demonstration

UNITS = {
    "it_dept": "ฝ่ายเทคโนโลยีสารสนเทศ (ทส.)",
    "vc_dept": "ฝ่าย วช.",
    "np_dept": "ฝ่าย นผ.",
    "housing": "ฝ่ายบริหารงานเคหะ",
    "estate": "ฝ่ายอสังหาริมทรัพย์",
    "community": "ฝ่ายพัฒนาชุมชน",
    "finance": "ฝ่ายการเงินและบัญชี",
    "legal": "ฝ่ายกฎหมาย",
}
BODIES = {
    "it_exec": ("ผู้บริหารระดับสูงฝ่าย ทส.", None),
    "wg_seam": ("คณะทำงาน SEAM", None),
    "cdo_dpo": ("คณะ CDO/DPO", None),
    "cdo": ("ผู้บริหารข้อมูลระดับสูง (CDO)", "cdo_dpo"),
    "dpo": ("คณะกรรมการคุ้มครองข้อมูลส่วนบุคคล (DPO)", "cdo_dpo"),
    "dgc": ("คณะกรรมการธรรมาภิบาลข้อมูล", None),
    "steward": ("ผู้ดูแลข้อมูล", None),
    "isms_committee": ("คณะกรรมการ ISMS", None),
    "process_owners": ("เจ้าของกระบวนการ", None),
    "workers": ("โปรแกรมภายนอก", None),
}


@dataclass(frozen=True)
class Account:
    """A demonstration account: the groups joined, `/head` marking a head."""

    username: str
    name: str
    position: str
    groups: tuple[str, ...]
    operator: bool = False


ACCOUNTS = (
    Account("it", "เจ้าหน้าที่ ทส.", "นักวิชาการคอมพิวเตอร์", ("it_dept",)),
    Account("it-director", "ผอ.ทส.", "ผู้อำนวยการฝ่ายเทคโนโลยีสารสนเทศ", ("it_dept/head",)),
    Account("it-deputy", "รอง ผอ.ทส.", "รองผู้อำนวยการ ปฏิบัติการแทนผู้อำนวยการ", ("it_dept/head",)),
    Account("vc", "เจ้าหน้าที่ วช.", "เจ้าหน้าที่ฝ่าย วช.", ("vc_dept",)),
    Account("vc-director", "ผอ.วช.", "ผู้อำนวยการฝ่าย วช.", ("vc_dept/head",)),
    Account("seam", "คณะทำงาน SEAM", "เลขานุการคณะทำงาน", ("wg_seam",)),
    Account("owner", "เจ้าหน้าที่ฝ่ายบริหารงานเคหะ", "เจ้าของข้อมูล", ("housing",)),
    Account("owner-director", "ผอ.ฝ่ายบริหารงานเคหะ", "ผู้อำนวยการฝ่ายเจ้าของข้อมูล", ("housing/head",)),
    Account(
        "clerk",
        "เจ้าหน้าที่สารบรรณ",
        "ตอบแทนหลายหน่วยงาน",
        ("estate", "np_dept", "community", "finance", "legal", "housing"),
    ),
    Account("cdo", "CDO", "ผู้บริหารข้อมูลระดับสูง", ("cdo",)),
    Account("dpo", "DPO", "เลขานุการคณะกรรมการคุ้มครองข้อมูลส่วนบุคคล", ("dpo",)),
    Account("dgc", "ธรรมาภิบาลข้อมูล", "เลขานุการคณะกรรมการธรรมาภิบาลข้อมูล", ("dgc",)),
    Account("executive", "ผู้บริหารระดับสูง", "ผู้บริหารระดับสูงฝ่าย ทส.", ("it_exec",)),
    Account("process-owner", "เจ้าของกระบวนการ", "ปรับปรุงแผนผัง แบบฟอร์ม และตารางตัดสินใจ", ("process_owners",)),
    Account("worker", "โปรแกรมภายนอก", "รับงานอัตโนมัติผ่าน /engine-rest", ("workers",)),
    Account("admin", "ผู้ดูแลระบบ", "ผู้ดูแลระบบ", (), operator=True),
)


@dataclass(frozen=True)
class Link:
    """A link that is live from the start, and in how many days its agreement ends."""

    direction: str
    partner: str
    dataset: str
    holder: str
    owner: str | None
    using: tuple[str, ...]
    score: int | None
    days_left: int


LINKS = (
    Link(
        "outbound", "กรมการปกครอง", "ทะเบียนราษฎร (ตรวจสอบสถานะบุคคล)", "it_dept", None, ("housing", "community"), 85, 400
    ),
    Link("outbound", "กรมที่ดิน", "ข้อมูลรูปแปลงที่ดิน", "vc_dept", None, ("estate",), 75, 75),
    Link("outbound", "กรมบังคับคดี", "ข้อมูลบุคคลล้มละลาย", "it_dept", None, ("finance",), 70, 200),
    Link("inbound", "กรุงเทพมหานคร", "จำนวนหน่วยพักอาศัยรายโครงการ", "it_dept", "housing", (), None, 25),
    Link("inbound", "สำนักงานสถิติแห่งชาติ", "สถิติการเคหะรายจังหวัด", "it_dept", "community", (), None, 300),
)


def load(ctx: Context) -> bool:
    """Create the organisation and some live links in an empty database; False when people exist already."""
    if ctx.db.execute(select(people_table.c.id).limit(1)).first() is not None:
        return False
    for key, name in UNITS.items():
        people.add_group(ctx.db, key, name, "unit")
    for key, (name, parent) in BODIES.items():
        people.add_group(ctx.db, key, name, "body", parent)
    hashed = people.hash_password(PASSWORD)
    for account in ACCOUNTS:
        _add(ctx, account, hashed)
    for link in LINKS:
        _enter(ctx, link)
    return True


def _add(ctx: Context, account: Account, hashed: str) -> None:
    person = people.add_person(
        ctx.db, account.username, account.name, hashed, account.position, operator=account.operator
    )
    for group in account.groups:
        name, _, head = group.partition("/")
        people.join(ctx.db, person, name, head=bool(head))


def _enter(ctx: Context, link: Link) -> None:
    day = today(ctx.engine.clock)
    started = day - timedelta(days=365)
    ctx.db.execute(
        insert(links),
        {
            "id": new_id(),
            "number": numbering.number_link(ctx),
            "direction": link.direction,
            "state": "live",
            "partner": link.partner,
            "dataset": link.dataset,
            "holder_unit": link.holder,
            "owner_unit": link.owner,
            "using_units": list(link.using),
            "score": link.score,
            "starts_on": started,
            "live_on": started,
            "ends_on": day + timedelta(days=link.days_left),
            "review_on": day + timedelta(days=30),
            "detail": {},
            "updated_at": ctx.now,
        },
    )
