/** The balance sheet: whether every value is in one place. */
export const balance = {
  "balance.words":
    "Mỗi giá trị nhận được phải ở đúng một chỗ: đã ghi, đã có từ trước (trùng), hoặc nằm trong vùng cách ly. Nếu tổng không khớp, hệ thống đã làm mất số liệu: hãy báo ngay cho bộ phận kỹ thuật.",
  "balance.nothing": "Chưa nhận được gì",
  "balance.since": "Từ {at} đến nay",
  "balance.day": "24 giờ qua",
  "balance.minutes": "Từng phút",
  "balance.minute": "Phút",
  "balance.messages": "Bản tin nhận",
  "balance.decoded": "Giá trị nhận",
  "balance.stored": "Đã ghi",
  "balance.duplicate": "Trùng",
  "balance.quarantined": "Cách ly",
  "balance.limited": "Bị giới hạn",
  "balance.verdict": "Kiểm tra",
  "balance.right": "khớp",
  "balance.adds_up": "Khớp: không mất giá trị nào.",
  "balance.off_by": "Lệch {count} giá trị",
  "balance.beside":
    "Trong {messages} bản tin có {limited} bị giới hạn vì thiết bị gửi quá nhiều (chỉ đếm, không đọc). {replayed} giá trị đến từ nạp lại vùng cách ly.",
  "balance.all": "Cả {count} phút có số liệu đều khớp.",
  "balance.some": "{count} phút không khớp, đánh dấu đỏ ở dưới.",
  "balance.strip":
    "Giá trị nhận trong 24 giờ, mỗi cột 10 phút, cao nhất {most}; bảng từng phút ở dưới có đủ các số.",
} as const;
