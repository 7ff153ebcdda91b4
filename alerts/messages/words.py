"""Words of messages in both languages: (Vietnamese, English). facts/glossary.csv is where they are from."""

from __future__ import annotations

from alerts.messages.content import Telling
from alerts.messages.forms import Language
from alerts.rules.model import Kind, Severity

Pair = tuple[str, str]


def say(pair: Pair, language: Language) -> str:
    """The word of that language."""
    return pair[0] if language == "vi" else pair[1]


SEVERITY: dict[Severity, Pair] = {
    "info": ("Thông tin", "Info"),
    "warning": ("Cảnh báo", "Warning"),
    "major": ("Nghiêm trọng", "Major"),
    "critical": ("Khẩn cấp", "Critical"),
}
KIND: dict[Kind, Pair] = {
    "congestion": ("Ùn tắc", "Congestion"),
    "detector_fault": ("Hỏng thiết bị đo", "Detector fault"),
    "air_quality": ("Chất lượng không khí", "Air quality"),
    "industrial_emission": ("Phát thải khu công nghiệp", "Industrial emission"),
    "noise": ("Tiếng ồn", "Noise"),
    "lamp_fault": ("Đèn hỏng", "Lamp fault"),
    "power": ("Điện", "Power"),
    "water_supply": ("Cấp nước", "Water supply"),
    "water_quality": ("Chất lượng nước", "Water quality"),
    "street_flooding": ("Ngập đường", "Street flooding"),
    "river_flood": ("Lũ trên sông", "River flood"),
    "sensor_offline": ("Cảm biến mất kết nối", "Sensor offline"),
    "security": ("An toàn thông tin", "Security"),
}
TELLING: dict[Telling, Pair] = {
    "firing": ("Cảnh báo mới", "New alert"),
    "resolved": ("Đã hết", "Resolved"),
    "lost": ("Mất tín hiệu, cảnh báo vẫn mở", "Sensor lost, alert still open"),
    "found": ("Có tín hiệu trở lại", "Signal is back"),
    "flapping": ("Đang chập chờn, tạm thôi báo", "Flapping, quiet until steady"),
    "steady": ("Đã ổn định", "Steady again"),
    "reminder": ("Nhắc lại: chưa ai xác nhận", "Reminder: nobody has acknowledged"),
    "escalation": ("Chuyển cấp: chưa ai xác nhận", "Escalation: nobody has acknowledged"),
    "assigned": ("Phân công", "Assigned"),
    "closed": ("Đã đóng", "Closed"),
    "summary": ("Tổng hợp nhiều cảnh báo", "Summary of many alerts"),
    "retro": ("Dữ liệu đến muộn: đã qua", "Late data: in the past"),
    "digest": ("Bàn giao ca", "Shift change"),
    "drill": ("DIỄN TẬP – không phải cảnh báo thật", "DRILL – not a real alert"),
    "test": ("THỬ KÊNH – không phải cảnh báo thật", "TEST – not a real alert"),
}
ROLE: dict[str, Pair] = {
    "handles": ("đơn vị xử lý", "handles it"),
    "supports": ("phối hợp", "supports"),
    "informed": ("để biết", "for information"),
}
STATE: dict[str, Pair] = {
    "pending": ("chờ", "pending"),
    "firing": ("đang mở, chưa xác nhận", "open, not acknowledged"),
    "acknowledged": ("đã xác nhận", "acknowledged"),
    "in_progress": ("đang xử lý", "in progress"),
    "resolved": ("đã hết", "resolved"),
    "closed": ("đã đóng", "closed"),
}

OPERATING: Pair = (
    "ngưỡng vận hành, không phải giới hạn pháp lý",
    "an operating threshold, not a legal limit",
)
LOST: Pair = (
    "Cảm biến đã ngừng gửi số đo; chưa biết tình trạng hiện nay, nên cảnh báo vẫn mở.",
    "The sensor has stopped reporting; how things are now is unknown, so the alert stays open.",
)
DRILL: Pair = (
    "Đây là diễn tập hằng tuần để biết đơn vị có nhận được tin hay không. Xin bấm liên kết để xác nhận đã nhận.",
    "This is the weekly drill that shows whether your department can be reached. Please confirm by the link.",
)
TEST: Pair = (
    "Tin thử để kiểm tra kênh này; không cần xử lý gì.",
    "A test message to check this channel; nothing needs to be done.",
)
RETRO: Pair = (
    "Các số đo này đến muộn: sự việc đã qua khi hệ thống biết. Không cần phản ứng ngay.",
    "These readings came late: it was over when the system learned of it. Nothing urgent.",
)
