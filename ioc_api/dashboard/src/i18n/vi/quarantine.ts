/** Why messages are in quarantine, what helps, and what they look like. */
export const quarantine = {
  "quarantine.bad_topic": "Chủ đề MQTT sai",
  "quarantine.too_large": "Bản tin quá lớn",
  "quarantine.malformed": "Sai định dạng",
  "quarantine.undecoded": "Chưa được giải mã",
  "quarantine.unknown_sensor": "Cảm biến chưa đăng ký",
  "quarantine.retained_stale": "Bản tin cũ do MQTT giữ lại",
  "quarantine.future": "Thời gian ở tương lai",
  "quarantine.too_old": "Thời gian quá cũ",
  "quarantine.unknown_metric": "Đại lượng không có trong danh mục",
  "quarantine.bad_value": "Giá trị không phải là số",
  "quarantine.out_of_range": "Giá trị ngoài khoảng hợp lý",
  "quarantine.flood": "Gửi quá nhiều bản tin",
  "remedy.bad_topic":
    "Chủ đề không đúng mẫu, hoặc khu vực, lĩnh vực trong chủ đề khác với danh mục. Sửa ở thiết bị, sửa danh mục, hoặc chỉ ra cảm biến ở dưới.",
  "remedy.too_large": "Bản tin hơn 64 KiB. Hãy cho thiết bị gửi từng phần ngắn hơn.",
  "remedy.malformed":
    "Không đọc được nội dung hoặc thời điểm. Nếu chỉ sai cách ghi thời điểm, hãy chọn cách đọc ở dưới; nếu không, sửa ở thiết bị.",
  "remedy.undecoded":
    "Máy chủ mạng (LoRaWAN) chuyển tiếp byte gốc. Hãy cài bộ giải mã cho loại thiết bị này ở máy chủ mạng.",
  "remedy.unknown_sensor": "Đăng ký cảm biến rồi nạp lại. Nếu mã là lạ, hãy tìm xem ai đang gửi.",
  "remedy.retained_stale":
    "Bản tin được MQTT giữ lại mà không ghi thời điểm: không ai biết nó đúng lúc nào. Hãy tắt cờ retained hoặc gửi kèm ts.",
  "remedy.future":
    "Đồng hồ thiết bị chạy nhanh, hoặc giờ địa phương được gửi như giờ UTC (nhanh 7 giờ). Sửa đồng hồ, hoặc cộng -7 giờ ở dưới.",
  "remedy.too_old":
    "Thời điểm cách quá xa lúc nhận: đồng hồ về 1970 hay 2000, hoặc giây bị đọc như mili giây.",
  "remedy.unknown_metric":
    "Tên giá trị không phải đại lượng của lĩnh vực. Hãy cho biết giá trị nào là đại lượng nào ở dưới, hoặc sửa ở thiết bị.",
  "remedy.bad_value":
    "Có chữ, danh sách hoặc NaN ở chỗ của số. Nếu là số viết dưới dạng chữ, hãy chọn đọc thành số ở dưới.",
  "remedy.out_of_range":
    "Kiểm tra thiết bị và đơn vị đo trước. Nếu thiết bị đúng thì nới khoảng; nếu sai đơn vị thì nhân hệ số.",
  "remedy.flood":
    "Thiết bị gửi nhiều hơn mức cho phép; đây là một mẫu, phần còn lại chỉ được đếm. Hãy sửa thiết bị.",
  "form.number": "số",
  "form.number_in_text": "số dạng chữ",
  "form.time": "thời điểm",
  "form.time_without_offset": "thời điểm thiếu múi giờ",
  "form.text": "chữ",
  "form.boolean": "đúng/sai",
  "form.null": "rỗng",
  "form.bytes": "byte không phải chữ",
  "form.broken_json": "JSON hỏng",
  "form.too_large": "quá lớn",
  "form.empty": "bản tin rỗng",
  "form.mixed": "nhiều dạng",
  "detail.no_metric": "{a} không phải đại lượng của {b}",
  "detail.no_channel": "{a} không phải tên kênh",
  "detail.not_in": "{a} nằm ngoài khoảng {b} đến {c}",
  "detail.no_number": "{a} không phải là số",
  "detail.ahead": "thời điểm {a} ở tương lai so với đồng hồ",
  "detail.long_ago": "thời điểm {a} đã quá lâu",
  "detail.no_time": "thời điểm {a} không phải mili giây từ 1970, cũng không phải ISO 8601 có múi giờ",
  "detail.not_registered": "{a} chưa đăng ký",
  "detail.no_domain": "không có lĩnh vực {a}",
  "detail.no_area": "không có khu vực {a}",
  "detail.too_large": "{a} byte; chỉ nhận đến {b}",
  "detail.not_utf8": "không phải chữ UTF-8 từ byte {a}",
  "detail.not_json": "không phải JSON",
  "detail.undecoded": "byte của thiết bị trong {a} chưa được máy chủ mạng giải mã",
  "detail.retained": "bản tin do MQTT giữ lại mà không có thời điểm thì không phải số đo",
  "detail.empty": "bản tin rỗng",
} as const;
