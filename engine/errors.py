"""Every refusal is a type; its docstring is the English message, `th` the Thai one.

Both are templates over the keyword details given when raised. `status` is the HTTP
status a web page answers with. A refusal never leaves anything half done.
"""

from __future__ import annotations

from typing import Any, ClassVar


class PrasanError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "ระบบขัดข้อง"
    th: ClassVar[str] = "ระบบทำรายการนี้ไม่ได้ กรุณาลองใหม่หรือแจ้งผู้ดูแลระบบ"

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.en)

    @property
    def en(self) -> str:
        """The English sentence with its details filled in."""
        return _fill((type(self).__doc__ or "").strip().splitlines()[0], self.details)

    @property
    def thai(self) -> str:
        """The Thai sentence with its details filled in."""
        return _fill(self.th, self.details)


class NotFound(PrasanError):
    """There is no {what} {key} that you may see."""

    status = 404
    title = "ไม่พบรายการ"
    th = "ไม่พบรายการที่ต้องการ หรือท่านไม่มีสิทธิ์ดูรายการนี้"


class Forbidden(PrasanError):
    """{person} does not stand in the lane of this task."""

    status = 403
    title = "งานนี้เป็นของผู้อื่น"
    th = "ท่านไม่ได้อยู่ในกลุ่มที่รับผิดชอบงานนี้ จึงทำรายการไม่ได้"


class SeparationOfDuties(Forbidden):
    """{person} has done "{element}" and so cannot decide on it."""

    title = "ผู้ทำกับผู้อนุมัติต้องเป็นคนละคน"
    th = "ท่านเป็นผู้ทำขั้นตอนก่อนหน้า จึงพิจารณาขั้นตอนนี้เองไม่ได้ กรุณาให้ผู้อื่นในกลุ่มเป็นผู้พิจารณา"


class TaskGone(PrasanError):
    """This task is already {status}."""

    status = 409
    title = "งานนี้ทำเสร็จไปแล้ว"
    th = "งานนี้ไม่ได้รอดำเนินการแล้ว{by} ข้อมูลของท่านยังไม่ถูกบันทึก"


class TaskClaimed(PrasanError):
    """This task is claimed by {by}."""

    status = 409
    title = "มีผู้รับงานนี้แล้ว"
    th = "{by} รับงานนี้ไว้แล้ว หากต้องการทำแทนกรุณาให้ผู้รับงานคืนงานก่อน"


class CaseClosed(PrasanError):
    """Case {number} is {status}."""

    status = 409
    title = "เรื่องนี้ไม่ได้ดำเนินการอยู่"
    th = "เรื่องเลขที่ {number} ไม่ได้อยู่ระหว่างดำเนินการ"


class CaseOpened(PrasanError):
    """Case {number} was opened with this key before."""

    status = 409
    title = "เปิดเรื่องนี้แล้ว"
    th = "เรื่องนี้เปิดไว้แล้ว เลขที่ {number}"


class AnswersRefused(PrasanError):
    """The answers do not pass the form."""

    status = 422
    title = "ข้อมูลยังไม่ครบหรือไม่ถูกต้อง"
    th = "กรุณาแก้ไขข้อมูลในช่องที่มีข้อความเตือน"

    def __init__(self, errors: dict[str, Any]) -> None:
        super().__init__()
        self.errors = errors


class MoveRefused(PrasanError):
    """The case cannot be moved: {english}."""

    status = 409
    title = "ย้ายเรื่องนี้ไม่ได้"
    th = "ย้ายเรื่องนี้ไม่ได้ เพราะ{thai_reasons}"

    def __init__(self, reasons: tuple[tuple[str, str], ...]) -> None:
        english, thai = "; ".join(en for _, en in reasons), " และ".join(th for th, _ in reasons)
        super().__init__(english=english, thai_reasons=thai)
        self.reasons = reasons


class MessageRefused(PrasanError):
    """No running case answers to {key} for the message {name}."""

    status = 404
    title = "ไม่มีเรื่องที่รอข้อความนี้"
    th = "ไม่พบเรื่องที่กำลังดำเนินการซึ่งตรงกับเลขอ้างอิง {key}"


class Busy(PrasanError):
    """Another change to this case is still being written."""

    status = 503
    title = "ระบบกำลังบันทึกรายการอื่น"
    th = "มีผู้กำลังบันทึกเรื่องเดียวกันอยู่ กรุณาลองใหม่อีกครั้ง"


class Unavailable(PrasanError):
    """The database is away, full or restarting."""

    status = 503
    title = "ระบบไม่พร้อมชั่วคราว"
    th = "ระบบบันทึกหรืออ่านข้อมูลไม่ได้ชั่วคราว ข้อมูลเดิมยังอยู่ครบ กรุณาลองใหม่อีกครั้ง"


class NobodyMayStart(Forbidden):
    """{person} may not start {process}."""

    title = "ท่านเปิดเรื่องนี้ไม่ได้"
    th = "กระบวนการนี้เปิดเรื่องได้เฉพาะหน่วยงานที่กำหนดไว้"


class DeploymentRefused(PrasanError):
    """The files were refused: {count} problem(s)."""

    status = 400
    title = "ยังนำขึ้นใช้ไม่ได้"
    th = "พบ {count} จุดที่ต้องแก้ไข"

    def __init__(self, problems: list[Any]) -> None:
        super().__init__(count=len(problems))
        self.problems = problems


class XmlRefused(PrasanError):
    """{reason}"""

    status = 400
    title = "อ่านไฟล์ไม่ได้"
    th = "{reason_th}"

    def __init__(self, reason: str, reason_th: str, line: int = 0) -> None:
        super().__init__(reason=reason, reason_th=reason_th)
        self.line = line


class DiagramRefused(PrasanError):
    """{reason}"""

    status = 400
    title = "แผนผังใช้งานไม่ได้"
    th = "แผนผังใช้งานไม่ได้: {reason}"

    def __init__(self, reason: str, line: int = 0, element: str | None = None) -> None:
        super().__init__(reason=reason)
        self.line, self.element = line, element


class EngineFault(PrasanError):
    """The diagram cannot go on from here: {reason}"""

    title = "เรื่องนี้เดินต่อไม่ได้"
    th = "แผนผังของเรื่องนี้เดินต่อไม่ได้ ข้อมูลเดิมยังอยู่ครบ กรุณาแจ้งผู้ดูแลระบบ"


class EndlessLoop(EngineFault):
    """{count} automatic steps without reaching a person, a time or an end."""


class HandlerFailed(PrasanError):
    """The automatic step "{element}" failed: {reason}"""

    title = "งานอัตโนมัติขัดข้อง"
    th = "งานอัตโนมัติขัดข้อง ระบบจะลองใหม่เอง"


class WorkerDied(PrasanError):
    """Every worker that tried this ended before it was done: it hangs, needs too much memory, or was killed."""

    title = "งานอัตโนมัติขัดข้อง"
    th = "ระบบเบื้องหลังหยุดทำงานทุกครั้งที่ทำรายการนี้ กรุณาแจ้งผู้ดูแลระบบ"


class RegistryRefused(PrasanError):
    """The link registry refuses: {reason}"""

    status = 409
    title = "ทะเบียนการเชื่อมโยงไม่รับรายการนี้"
    th = "{reason_th}"


class DocumentRefused(PrasanError):
    """The file was refused: {reason}"""

    status = 422
    title = "ไม่รับไฟล์นี้"
    th = "{reason_th}"


class CommentRefused(PrasanError):
    """A comment holds 1 to 5,000 characters."""

    status = 422
    title = "ยังบันทึกความเห็นไม่ได้"
    th = "กรุณากรอกความเห็น ไม่เกิน 5,000 ตัวอักษร"


class OperatorsOnly(Forbidden):
    """{person} is no operator and may not open this page."""

    title = "หน้านี้สำหรับผู้ดูแลระบบ"
    th = "ท่านไม่มีสิทธิ์เปิดหน้านี้ หากจำเป็นต้องใช้กรุณาติดต่อผู้ดูแลระบบ"


class PublishedAlone(Forbidden):
    """{person} deployed this version; somebody else must publish it."""

    title = "ต้องให้ผู้อื่นเผยแพร่"
    th = "ท่านเป็นผู้นำรุ่นนี้ขึ้นระบบ ผู้เผยแพร่ต้องเป็นคนละคน กรุณาให้เจ้าของกระบวนการอีกท่านเป็นผู้เผยแพร่"


class OwnersOnly(Forbidden):
    """{person} is no process owner and may not open this page."""

    title = "หน้านี้สำหรับเจ้าของกระบวนการ"
    th = "ท่านไม่มีสิทธิ์เปิดหน้านี้ หากต้องปรับปรุงกระบวนการกรุณาติดต่อผู้ดูแลระบบ"


class SandboxGone(PrasanError):
    """This trial has ended or was put away."""

    status = 404
    title = "การทดลองนี้สิ้นสุดแล้ว"
    th = "ระบบเก็บการทดลองไว้ 1 ชั่วโมง และปิดรายการเก่าเมื่อมีการทดลองใหม่ กรุณาเริ่มทดลองอีกครั้ง"


class VariableRefused(PrasanError):
    """The variable {name} cannot be written: {reason}."""

    status = 400
    title = "บันทึกตัวแปรนี้ไม่ได้"
    th = "บันทึกตัวแปร {name} ไม่ได้: {reason_th}"


class LockedByAnother(PrasanError):
    """The external task {key} is not locked by the worker '{worker}' but by '{owner}'."""

    status = 400
    title = "งานนี้เป็นของโปรแกรมอื่น"
    th = "งานนี้ไม่ได้ถูกจองไว้โดยโปรแกรม {worker}"


class WorkersOnly(Forbidden):
    """{person} is no worker: only operators and members of the group of outside workers may do this."""

    title = "สำหรับโปรแกรมภายนอกเท่านั้น"
    th = "บัญชีนี้ไม่ได้อยู่ในกลุ่มโปรแกรมภายนอก จึงรับงานอัตโนมัติไม่ได้"


class NotPublished(PrasanError):
    """Version {version} of {process} is not live, so no case can be opened with it."""

    status = 400
    title = "รุ่นนี้ยังเปิดเรื่องไม่ได้"
    th = "รุ่นที่ {version} ไม่ใช่รุ่นที่ใช้งานอยู่ จึงเปิดเรื่องด้วยรุ่นนี้ไม่ได้"


class TokenRefused(PrasanError):
    """The access token cannot be made: {reason}."""

    status = 422
    title = "สร้างรหัสไม่ได้"
    th = "{reason_th}"


class LoginRefused(PrasanError):
    """The user name or the password is wrong."""

    status = 403
    title = "เข้าสู่ระบบไม่ได้"
    th = "ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง"


class ReplayFailed(PrasanError):
    """{where}: {reason}"""


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _fill(template: str, details: dict[str, Any]) -> str:
    """Put details into a template of ours; values are never templates themselves."""
    return template.format_map(_Blank(details))
