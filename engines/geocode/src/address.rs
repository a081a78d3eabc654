//! The parts of an address, and how they are written down again.

use std::fmt;

use serde::Serialize;

use crate::numerals;
use crate::towns::official;

/// Which house: `12`, `12之3`, `1~30`, `臨609`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct HouseNumber {
    pub main: u32,
    /// 之: the door that was numbered later between two others.
    pub sub: Option<u32>,
    /// The last of a range.
    pub until: Option<u32>,
    /// 臨: a number that was given for the time being.
    pub is_temporary: bool,
}

impl HouseNumber {
    #[must_use]
    pub const fn plain(main: u32) -> Self {
        Self { main, sub: None, until: None, is_temporary: false }
    }
}

impl fmt::Display for HouseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_temporary {
            f.write_str("臨")?;
        }
        write!(f, "{}", self.main)?;
        if let Some(sub) = self.sub {
            write!(f, "之{sub}")?;
        }
        if let Some(until) = self.until {
            write!(f, "~{until}")?;
        }
        f.write_str("號")
    }
}

/// A street, lane, numbered highway, bridge or settlement, in one spelling: 台 for 臺, numbers within a name in Chinese.
///
/// Highways are named 國道1號, 台19甲線, 172線 (縣道 and 市道 alike), 南45-1線.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Way {
    pub name: String,
    /// 段.
    pub section: Option<u32>,
    /// 巷.
    pub lane: Option<u32>,
    /// 弄.
    pub alley: Option<u32>,
}

impl Way {
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The street without its lanes.
    #[must_use]
    pub fn street(&self) -> Self {
        Self { name: self.name.clone(), section: self.section, lane: None, alley: None }
    }

    /// What it branches off; none for a street.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.alley.is_some() { Some(Self { alley: None, ..self.clone() }) } else { self.lane.map(|_| self.street()) }
    }

    /// Whether it has kilometre marks: 國道1號, 台19線, 172線, 南99線.
    #[must_use]
    pub fn is_highway(&self) -> bool {
        (self.name.ends_with('線') && self.name.chars().any(|ch| ch.is_ascii_digit())) || self.name.starts_with("國道")
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(section) = self.section {
            write!(f, "{}段", numerals::written(section))?;
        }
        if let Some(lane) = self.lane {
            write!(f, "{lane}巷")?;
        }
        if let Some(alley) = self.alley {
            write!(f, "{alley}弄")?;
        }
        Ok(())
    }
}

/// What within the town or village is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Spot {
    /// Nothing finer than the town or village.
    #[default]
    Area,
    Road {
        way: Way,
    },
    /// A house; without a way it is numbered within its village (營西里455號). The way may be a settlement (菜寮56號).
    Door {
        way: Option<Way>,
        number: HouseNumber,
    },
    /// Two to four ways that meet.
    Crossing {
        ways: Vec<Way>,
    },
    /// Metres from the start of a highway, as its marks count them.
    Mark {
        way: Way,
        at_m: u32,
    },
    /// A name that is no street: 國賓加油站.
    Landmark {
        name: String,
    },
    /// A lamp post or power pole, by what is written on it.
    Pole {
        code: String,
    },
}

/// An address in its parts. `Display` writes it as an office would; parsing that again gives the same value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Address {
    /// 縣市, with 台.
    pub county: Option<String>,
    /// 鄉鎮市區.
    pub town: Option<String>,
    /// 村里.
    pub village: Option<String>,
    /// 鄰.
    pub neighbourhood: Option<u32>,
    pub spot: Spot,
    /// 樓; below ground is negative.
    pub floor: Option<i32>,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in [&self.county, &self.town].into_iter().flatten() {
            f.write_str(&official(name))?;
        }
        if let Some(village) = &self.village {
            f.write_str(village)?;
        }
        if let Some(neighbourhood) = self.neighbourhood {
            write!(f, "{neighbourhood}鄰")?;
        }
        match &self.spot {
            Spot::Area => {}
            Spot::Road { way } => write!(f, "{way}")?,
            Spot::Door { way: Some(way), number } => write!(f, "{way}{number}")?,
            Spot::Door { way: None, number } => write!(f, "{number}")?,
            Spot::Crossing { ways } => crossing(f, ways)?,
            Spot::Mark { way, at_m } => {
                write!(f, "{way}{}公里", at_m / 1_000)?;
                if at_m % 1_000 > 0 {
                    write!(f, "{}公尺", at_m % 1_000)?;
                }
            }
            Spot::Landmark { name } => f.write_str(name)?,
            Spot::Pole { code } => write!(f, "(電桿{code})")?,
        }
        match self.floor {
            Some(floor) if floor < 0 => write!(f, "地下{}樓", floor.unsigned_abs()),
            Some(floor) => write!(f, "{floor}樓"),
            None => Ok(()),
        }
    }
}

/// A lane's mouth is written 中正路31巷口, any other crossing 中正路與民權路口.
fn crossing(f: &mut fmt::Formatter<'_>, ways: &[Way]) -> fmt::Result {
    if let [street, lane] = ways
        && lane.parent().as_ref() == Some(street)
    {
        return write!(f, "{lane}口");
    }
    for (index, way) in ways.iter().enumerate() {
        if index > 0 {
            f.write_str("與")?;
        }
        write!(f, "{way}")?;
    }
    f.write_str("口")
}
