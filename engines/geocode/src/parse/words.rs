//! The words around a place that say where beside it: kept as they are, never mistaken for a name.

/// Longest first within each first character, so that 東側向 is not cut into 東側 and 向.
pub(super) const TAILS: &[&str] = &[
    "交叉路口",
    "交岔路口",
    "交叉口",
    "交岔口",
    "十字路口",
    "三岔路口",
    "丁字路口",
    "路口處",
    "路口前",
    "路口",
    "路段",
    "巷口",
    "巷內",
    "巷底",
    "口前",
    "口處",
    "附近",
    "旁邊",
    "前方",
    "後方",
    "對面",
    "對向",
    "正前方",
    "東側向",
    "西側向",
    "南側向",
    "北側向",
    "東側",
    "西側",
    "南側",
    "北側",
    "東向西",
    "西向東",
    "南向北",
    "北向南",
    "東往西",
    "西往東",
    "南往北",
    "北往南",
    "往東",
    "往西",
    "往南",
    "往北",
    "東向",
    "西向",
    "南向",
    "北向",
    "北上",
    "南下",
    "東行",
    "西行",
    "南行",
    "北行",
    "以東",
    "以西",
    "以南",
    "以北",
    "東南側",
    "西南側",
    "東北側",
    "西北側",
    "內側車道",
    "外側車道",
    "快車道",
    "慢車道",
    "機慢車優先道",
    "機車優先道",
    "機慢車道",
    "機車道",
    "人行道",
    "行人穿越道",
    "對向車道",
    "車道",
    "側車道",
    "內側",
    "外側",
    "中線",
    "中內",
    "中外",
    "輔助",
    "路肩",
    "匝道",
    "出口",
    "入口",
    "橋上",
    "橋下",
    "路上",
    "路旁",
    "路邊",
    "快速道路",
    "快速公路",
    "高速公路",
    "線公路",
    "公路",
    "縣道",
    "市道",
    "未命名道路",
    "無名道路",
];

/// Words of one character, believed only right after a way or a number and before another end.
pub(super) const SHORT_TAILS: &[char] = &['口', '前', '旁', '上', '處', '邊', '下', '側', '內', '向', '地'];

/// What stands between two ways that meet.
pub(super) const SEPARATORS: &[char] = &['/', '\\', '、', ',', '，', '&', '+', ';', '；', '|', '。', '與', '~'];

/// A way after one of these is a neighbour, not where it happened.
pub(super) const NEAR: &[&str] = &["靠近", "鄰近", "接近", "近", "看", "鄰"];

/// A way after one of these is where somebody was going.
pub(super) const TOWARDS: &[&str] = &["開往", "通往", "往", "至", "到", "轉"];

/// How a highway is called by people.
pub(super) const HIGHWAY_NAMES: &[(&str, &str)] = &[
    ("中山高速公路", "國道1號"),
    ("中山高", "國道1號"),
    ("福爾摩沙高速公路", "國道3號"),
    ("福高", "國道3號"),
    ("南二高", "國道3號"),
    ("北二高", "國道3號"),
    ("中二高", "國道3號"),
    ("二高", "國道3號"),
    ("西濱快速道路", "台61線"),
    ("西濱快速公路", "台61線"),
    ("西濱快", "台61線"),
    ("國道8線", "國道8號"),
    ("國道10線", "國道10號"),
    ("南迴公路", "台9線"),
];

/// Where on a highway's side a code of a pole begins.
pub(super) const POLE_WORDS: &[&str] =
    &["電線桿", "電桿", "路燈桿", "路燈", "燈桿", "燈號", "電杆", "燈杆", "高幹", "高分", "低幹", "高壓", "桿號", "支線"];

/// Counties' signs on their district roads (交通部, 公路路線編號: 鄉道冠以縣市簡稱).
pub(super) const DISTRICT_SIGNS: &[char] =
    &['北', '桃', '竹', '苗', '中', '彰', '投', '雲', '嘉', '南', '高', '屏', '宜', '花', '東', '澎', '基', '金'];
