"""What is done, for people: every action of the audit by its name in both languages.

An action is a thing and a verb. tests/unit/test_audit_actions.py finds those that the product records and nobody has
named here.
"""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, tuple[str, str]] = {
    # People and how they come in
    "session.open": ("Đăng nhập", "Signed in"),
    "session.close": ("Đăng xuất", "Signed out"),
    "session.lock": ("Khoá phiên", "Locked the session"),
    "session.unlock": ("Mở khoá phiên", "Unlocked the session"),
    "session.end": ("Kết thúc phiên", "Ended sessions"),
    "account.create": ("Tạo tài khoản", "Created an account"),
    "account.write": ("Sửa tài khoản", "Changed an account"),
    "account.grant": ("Đổi quyền", "Changed what an account may do"),
    "account.disable": ("Khoá tài khoản", "Disabled an account"),
    "account.enable": ("Mở lại tài khoản", "Enabled an account"),
    "account.reset": ("Cấp lại liên kết đặt mật khẩu", "Gave a link to choose a password"),
    "account.password": ("Đổi mật khẩu", "Changed the password"),
    "account.identity": ("Đổi định danh bên ngoài", "Changed who it is at the identity provider"),
    "account.factor": ("Đổi xác thực hai bước", "Changed the second factor"),
    "link.create": ("Cấp liên kết dùng một lần", "Gave a one-time link"),
    "token.create": ("Tạo mã truy cập", "Made an API token"),
    "token.revoke": ("Thu hồi mã truy cập", "Revoked an API token"),
    "wallboard.create": ("Tạo mã màn hình treo tường", "Made a wallboard's token"),
    "wallboard.revoke": ("Thu hồi mã màn hình treo tường", "Revoked a wallboard's token"),
    # Alerts and who is told
    "alert.acknowledge": ("Xác nhận cảnh báo", "Acknowledged an alert"),
    "alert.unacknowledge": ("Bỏ xác nhận cảnh báo", "Took an acknowledgement back"),
    "alert.assign": ("Phân công cảnh báo", "Assigned an alert"),
    "alert.comment": ("Ghi chú cảnh báo", "Commented on an alert"),
    "alert.resolve": ("Xử lý xong cảnh báo", "Resolved an alert"),
    "alert.close": ("Đóng cảnh báo", "Closed an alert"),
    "alert.reopen": ("Mở lại cảnh báo", "Reopened an alert"),
    "drill.confirm": ("Xác nhận tin diễn tập", "Confirmed a drill"),
    "notification.retry": ("Gửi lại tin", "Had a message sent again"),
    "rule.create": ("Tạo quy tắc", "Created a rule"),
    "rule.write": ("Sửa quy tắc", "Changed a rule"),
    "rule.delete": ("Xoá quy tắc", "Deleted a rule"),
    "rule.enable": ("Bật quy tắc", "Turned a rule on"),
    "rule.disable": ("Tắt quy tắc", "Turned a rule off"),
    "rule.import": ("Nhập quy tắc từ tệp", "Imported rules"),
    "silence.create": ("Tạo khoảng tắt báo", "Created a silence"),
    "silence.end": ("Kết thúc khoảng tắt báo", "Ended a silence"),
    "department.create": ("Tạo đơn vị", "Created a department"),
    "department.write": ("Sửa đơn vị", "Changed a department"),
    "route.create": ("Tạo tuyến báo", "Created a route"),
    "route.write": ("Sửa tuyến báo", "Changed a route"),
    "route.delete": ("Xoá tuyến báo", "Deleted a route"),
    "channel.create": ("Tạo kênh nhận", "Created a channel"),
    "channel.write": ("Sửa kênh nhận", "Changed a channel"),
    "channel.delete": ("Xoá kênh nhận", "Deleted a channel"),
    "channel.test": ("Gửi tin thử qua kênh nhận", "Tried a channel"),
    # Sensors and devices
    "sensor.create": ("Thêm cảm biến", "Added a sensor"),
    "sensor.write": ("Sửa cảm biến", "Changed a sensor"),
    "sensor.import": ("Nhập danh mục cảm biến", "Imported sensors"),
    "metric.range": ("Đổi khoảng hợp lý", "Changed the range of a metric"),
    "quarantine.replay": ("Nạp lại bản tin cách ly", "Replayed quarantined messages"),
    "quarantine.seen": ("Ghi chú bản tin cách ly", "Noted quarantined messages as seen"),
    "readings.import": ("Nhập số liệu", "Imported readings"),
    "device.credential_add": ("Cấp mật khẩu thiết bị", "Gave devices passwords"),
    "device.credential_rotate": ("Đổi mật khẩu thiết bị", "Gave devices new passwords"),
    "device.credential_revoke": ("Thu hồi quyền của thiết bị", "Revoked what devices hold"),
    "device.certificate_add": ("Cấp chứng thư thiết bị", "Gave a device a certificate"),
    "device.refused": ("Từ chối thiết bị", "Refused a device"),
    "device.odd": ("Thiết bị bất thường", "A device behaved oddly"),
    # What is taken out, and what is refused
    "export.download": ("Tải dữ liệu", "Downloaded data"),
    "export.write": ("Xuất dữ liệu ra tệp", "Exported data to a file"),
    "request.refused": ("Từ chối yêu cầu", "Refused requests"),
    "live.refused": ("Từ chối kết nối trực tiếp", "Refused live connections"),
    # The audit itself
    "audit.export": ("Xuất nhật ký kiểm toán", "Exported the audit"),
    "audit.retention": ("Bỏ nhật ký quá hạn", "Removed audit rows beyond their time"),
}


def name(action: str) -> tuple[str, str]:
    """An action in Vietnamese and English; one of before that is not known any more by itself."""
    return NAMES.get(action, (action, action))
