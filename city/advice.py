"""What to tell people at each band of VN_AQI: everyone, and those whom bad air harms first.

The Decision asks for advice beside the index; these texts are ours, short enough for a screen. Sensitive groups are
children, pregnant women, older people, and people with diseases of the heart or the lungs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Advice:
    """For one band, in both languages."""

    general_vi: str
    general_en: str
    sensitive_vi: str
    sensitive_en: str


#: In the order of `city.vn_aqi.BANDS`.
ADVICE: Final = (
    Advice(
        "Không khí trong lành, mọi hoạt động ngoài trời đều phù hợp.",
        "The air is clean: all outdoor activities are fine.",
        "Không cần hạn chế gì.",
        "No need to hold back.",
    ),
    Advice(
        "Có thể sinh hoạt ngoài trời như thường lệ.",
        "Outdoor life can go on as usual.",
        "Nếu thấy ho hoặc khó thở, nên nghỉ và giảm vận động mạnh ngoài trời.",
        "If you cough or are short of breath, rest and do less that is strenuous outdoors.",
    ),
    Advice(
        "Nếu cay mắt, đau họng hoặc ho, nên rút ngắn thời gian ở ngoài trời.",
        "If your eyes sting, or you cough or have a sore throat, spend less time outdoors.",
        "Giảm vận động mạnh và thời gian ở ngoài trời; đeo khẩu trang lọc bụi mịn; mang theo thuốc.",
        "Avoid strenuous activity and long stays outdoors; wear a mask against fine dust; carry your medicine.",
    ),
    Advice(
        "Hạn chế vận động mạnh ngoài trời; đeo khẩu trang lọc bụi mịn khi ra ngoài.",
        "Avoid strenuous activity outdoors; wear a mask against fine dust when you go out.",
        "Nên ở trong nhà, đóng cửa sổ; trường học chuyển giờ thể dục vào trong nhà.",
        "Stay indoors with the windows closed; schools should move sports indoors.",
    ),
    Advice(
        "Tránh ở ngoài trời lâu; đóng cửa sổ; đeo khẩu trang lọc bụi mịn khi buộc phải ra ngoài.",
        "Avoid long stays outdoors; close the windows; wear a mask against fine dust if you must go out.",
        "Không ra ngoài trời; theo dõi sức khỏe và đi khám khi khó thở hoặc đau ngực.",
        "Do not go outdoors; watch your health, and see a doctor if breathing is hard or your chest hurts.",
    ),
    Advice(
        "Không ra ngoài trời nếu không thật cần thiết; đóng kín cửa; làm theo hướng dẫn của cơ quan y tế.",
        "Stay inside unless you really must go out; keep everything closed; follow the health authorities.",
        "Ở trong phòng kín, có lọc không khí nếu được; gọi cấp cứu 115 khi khó thở hoặc đau ngực.",
        "Stay in a closed room, with an air filter if you can; call 115 if breathing is hard or your chest hurts.",
    ),
)
