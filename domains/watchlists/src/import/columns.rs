//! Which column is what, by the names that offices give them.

use std::collections::BTreeMap;

use shouhu_plate::{VehicleClass, VehicleColour};
use shouhu_text::squeezed;
use shouhu_wire::EntryAction;

use super::{ImportError, Row};

/// Title rows above the heading that are skipped.
const HEADING_WITHIN: usize = 10;

/// What a column holds. The names are those of the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Pattern,
    LegalBasis,
    Owner,
    Reason,
    Action,
    VehicleClass,
    VehicleColour,
    VehicleNote,
    Issuer,
    ExpiresAt,
}

impl Field {
    pub const ALL: [Self; 10] = [
        Self::Pattern,
        Self::LegalBasis,
        Self::Owner,
        Self::Reason,
        Self::Action,
        Self::VehicleClass,
        Self::VehicleColour,
        Self::VehicleNote,
        Self::Issuer,
        Self::ExpiresAt,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pattern => "pattern",
            Self::LegalBasis => "legal_basis",
            Self::Owner => "owner",
            Self::Reason => "reason",
            Self::Action => "action",
            Self::VehicleClass => "vehicle_class",
            Self::VehicleColour => "vehicle_colour",
            Self::VehicleNote => "vehicle_note",
            Self::Issuer => "issuer",
            Self::ExpiresAt => "expires_at",
        }
    }

    /// Headings without blanks and separators, in lower case.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Pattern => &[
                "車牌",
                "車號",
                "車牌號碼",
                "號牌",
                "號牌號碼",
                "牌照號碼",
                "車牌號",
                "plate",
                "platenumber",
                "pattern",
                "licenseplate",
                "licenceplate",
            ],
            Self::LegalBasis => &["法令依據", "法律依據", "依據", "法源", "法源依據", "類別", "legalbasis", "basis"],
            Self::Owner => &["承辦單位", "單位", "申請單位", "發布單位", "通報單位", "owner", "unit", "office"],
            Self::Reason => &["案由", "事由", "原因", "理由", "協尋原因", "reason", "cause"],
            Self::Action => &["動作", "處置", "處置方式", "處理方式", "要求", "action"],
            Self::VehicleClass => &["車種", "車輛種類", "車別", "class", "vehicleclass", "vehicletype"],
            Self::VehicleColour => &["顏色", "車色", "車身顏色", "colour", "color", "vehiclecolour", "vehiclecolor"],
            Self::VehicleNote => &[
                "備註",
                "備考",
                "車輛特徵",
                "特徵",
                "廠牌",
                "廠牌顏色",
                "note",
                "notes",
                "vehiclenote",
                "remark",
                "remarks",
            ],
            Self::Issuer => &["國別", "發照國家", "issuer", "country"],
            Self::ExpiresAt => &[
                "到期日",
                "到期日期",
                "期限",
                "有效期限",
                "截止日",
                "截止日期",
                "有效日期",
                "expires",
                "expiresat",
                "expiry",
                "expirydate",
                "validuntil",
            ],
        }
    }

    fn of(heading: &str) -> Option<Self> {
        // What stands in brackets explains the name: 到期日（民國）.
        let bare = heading.split(['(', '（']).next().unwrap_or(heading);
        let name = squeezed(bare);
        Self::ALL.into_iter().find(|field| field.names().contains(&name.as_str()))
    }
}

/// Where each field is, and how its column is called in this file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    at: BTreeMap<Field, (usize, String)>,
    /// Headings that mean nothing to us; their cells are not read.
    pub unknown: Vec<String>,
}

impl Columns {
    /// Finds the heading and drops it and everything above it.
    ///
    /// # Errors
    /// When no row names a plate column.
    pub fn found(rows: &mut Vec<Row>) -> Result<Self, ImportError> {
        let heading =
            rows.iter().take(HEADING_WITHIN).position(|row| row.cells.iter().any(|cell| Field::of(cell) == Some(Field::Pattern)));
        let Some(heading) = heading else {
            let first =
                rows.first().map(|row| row.cells.iter().take(8).cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default();
            return Err(ImportError::NoHeading { first: first.chars().take(120).collect() });
        };
        let mut columns = Self::default();
        for (index, cell) in rows.get(heading).map(|row| row.cells.as_slice()).unwrap_or_default().iter().enumerate() {
            match Field::of(cell) {
                // The first of two columns of the same meaning counts.
                Some(field) if !columns.at.contains_key(&field) => {
                    columns.at.insert(field, (index, cell.clone()));
                }
                _ if cell.is_empty() => {}
                _ => columns.unknown.push(cell.chars().take(40).collect()),
            }
        }
        rows.drain(..=heading);
        Ok(columns)
    }

    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.at.contains_key(&field)
    }

    #[must_use]
    pub fn cell<'a>(&self, field: Field, row: &'a Row) -> &'a str {
        self.at.get(&field).and_then(|(index, _)| row.cells.get(*index)).map_or("", String::as_str)
    }

    /// How the file calls the field.
    #[must_use]
    pub fn name(&self, field: Field) -> String {
        self.at.get(&field).map_or_else(|| field.key().to_owned(), |(_, name)| name.clone())
    }

    /// Field keys with their headings, for the report.
    #[must_use]
    pub fn named(&self) -> BTreeMap<String, String> {
        self.at.iter().map(|(field, (_, name))| (field.key().to_owned(), name.clone())).collect()
    }
}

/// What the entry asks for, in words of either language.
#[must_use]
pub fn action_of(text: &str) -> Option<EntryAction> {
    Some(match squeezed(text).as_str() {
        "攔停" | "攔查" | "攔檢" | "盤查" | "攔停檢查" | "stop" => EntryAction::Stop,
        "觀察" | "監看" | "監控" | "勿攔" | "僅回報" | "回報" | "observe" | "report" => EntryAction::Observe,
        "小心攔停" | "攔停注意安全" | "注意安全" | "危險" | "持械" | "攔停小心" | "stopwithcaution" | "caution" => {
            EntryAction::StopWithCaution
        }
        _ => return None,
    })
}

/// Vehicle class in words of either language.
#[must_use]
pub fn class_of(text: &str) -> Option<VehicleClass> {
    Some(match squeezed(text).as_str() {
        "汽車" | "小客車" | "自小客" | "自用小客車" | "自小客車" | "小貨車" | "自小貨" | "小型車" | "轎車" | "car" => {
            VehicleClass::Car
        }
        "機車" | "普通重型機車" | "普重機" | "重型機車" | "輕型機車" | "普通輕型機車" | "motorcycle" => {
            VehicleClass::Motorcycle
        }
        "大型重型機車" | "大重機" | "heavymotorcycle" => VehicleClass::HeavyMotorcycle,
        "計程車" | "營小客" | "taxi" => VehicleClass::Taxi,
        "租賃車" | "租賃小客車" | "租小客" | "rental" => VehicleClass::Rental,
        "電動車" | "電動汽車" | "electric" => VehicleClass::Electric,
        "大型車" | "大貨車" | "大客車" | "營大貨" | "自大貨" | "營大客" | "聯結車" | "曳引車" | "large" | "truck" | "bus" => {
            VehicleClass::Large
        }
        "未知" | "不明" | "不詳" | "unknown" => VehicleClass::Unknown,
        _ => return None,
    })
}

/// A colour in words of either language. What is two colours, or one that people call by several names (金, 香檳), is none.
#[must_use]
pub fn colour_of(text: &str) -> Option<VehicleColour> {
    Some(match squeezed(text).as_str() {
        "白" | "白色" | "珍珠白" | "white" => VehicleColour::White,
        "灰" | "灰色" | "鐵灰" | "鐵灰色" | "銀" | "銀色" | "銀灰" | "銀灰色" | "grey" | "gray" | "silver" => VehicleColour::Grey,
        "黑" | "黑色" | "black" => VehicleColour::Black,
        "紅" | "紅色" | "酒紅" | "酒紅色" | "red" => VehicleColour::Red,
        "藍" | "藍色" | "深藍" | "深藍色" | "blue" => VehicleColour::Blue,
        "綠" | "綠色" | "green" => VehicleColour::Green,
        "黃" | "黃色" | "yellow" => VehicleColour::Yellow,
        "棕" | "棕色" | "褐" | "褐色" | "咖啡" | "咖啡色" | "brown" => VehicleColour::Brown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64, cells: &[&str]) -> Row {
        Row { number, cells: cells.iter().map(|cell| (*cell).to_owned()).collect() }
    }

    #[test]
    fn headings_in_either_language_and_below_a_title_are_found() {
        let mut rows = vec![
            row(1, &["臺南市政府警察局 查緝車輛清冊"]),
            row(2, &["編號", "車 牌", "Legal_Basis", "到期日（民國）", "ＲＥＡＳＯＮ", ""]),
            row(3, &["1", "ABC-1234", "失車", "115/12/31", "失竊"]),
        ];
        let columns = Columns::found(&mut rows).unwrap_or_else(|e| panic!("{e}"));
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(columns.cell(Field::Pattern, row), "ABC-1234");
        assert_eq!(columns.cell(Field::ExpiresAt, row), "115/12/31");
        assert_eq!(columns.cell(Field::Owner, row), "");
        assert_eq!(columns.unknown, ["編號"]);
        assert_eq!(columns.name(Field::ExpiresAt), "到期日（民國）");
    }

    #[test]
    fn a_file_without_a_plate_column_is_refused_with_what_its_first_row_says() {
        let refused = Columns::found(&mut vec![row(1, &["編號", "案類"])]).map_err(|e| e.to_string());
        assert!(refused.is_err_and(|e| e.contains("編號, 案類")));
    }

    #[test]
    fn no_heading_means_two_fields() {
        let mut seen = std::collections::HashSet::new();
        for name in Field::ALL.into_iter().flat_map(Field::names) {
            assert!(seen.insert(*name), "{name}");
            assert_eq!(squeezed(name), **name, "{name} can never be found");
        }
    }

    #[test]
    fn words_for_actions_and_classes_are_read() {
        assert_eq!(action_of("攔 停"), Some(EntryAction::Stop));
        assert_eq!(action_of("stop_with_caution"), Some(EntryAction::StopWithCaution));
        assert_eq!(action_of("逮捕"), None);
        assert_eq!(class_of("自用小客車"), Some(VehicleClass::Car));
        assert_eq!(class_of("飛機"), None);
        assert_eq!([colour_of("銀 色"), colour_of("Red"), colour_of("白/紅"), colour_of("")], [
            Some(VehicleColour::Grey),
            Some(VehicleColour::Red),
            None,
            None,
        ]);
    }
}
