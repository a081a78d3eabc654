//! The enumerations of CAP 1.2 §3.2, letter by letter.

/// An enumeration whose words are those of the standard.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($variant,)*
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// For the message that says what is taken.
            pub const WORDS: &'static str = concat!($($word, " "),*);

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The words are case-sensitive in the standard; senders are forgiven for not knowing it.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str().eq_ignore_ascii_case(text.trim()))
            }
        }
    )*};
}

words! {
    /// Whether it is meant. Only `Actual` is for the public.
    Status { Actual = "Actual", Exercise = "Exercise", System = "System", Test = "Test", Draft = "Draft", }
    MsgType { Alert = "Alert", Update = "Update", Cancel = "Cancel", Ack = "Ack", Error = "Error", }
    Scope { Public = "Public", Restricted = "Restricted", Private = "Private", }
    Category {
        Geo = "Geo", Met = "Met", Safety = "Safety", Security = "Security", Rescue = "Rescue", Fire = "Fire",
        Health = "Health", Env = "Env", Transport = "Transport", Infra = "Infra", Cbrne = "CBRNE", Other = "Other",
    }
    ResponseType {
        Shelter = "Shelter", Evacuate = "Evacuate", Prepare = "Prepare", Execute = "Execute", Avoid = "Avoid",
        Monitor = "Monitor", Assess = "Assess", AllClear = "AllClear", None = "None",
    }
    /// In the order of the standard, the most urgent first.
    Urgency { Immediate = "Immediate", Expected = "Expected", Future = "Future", Past = "Past", Unknown = "Unknown", }
    /// In the order of the standard, the worst first.
    Severity { Extreme = "Extreme", Severe = "Severe", Moderate = "Moderate", Minor = "Minor", Unknown = "Unknown", }
    /// In the order of the standard, the surest first.
    Certainty { Observed = "Observed", Likely = "Likely", Possible = "Possible", Unlikely = "Unlikely", Unknown = "Unknown", }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for category in Category::ALL {
            assert_eq!(Category::parse(category.as_str()), Some(*category));
        }
        assert_eq!((Category::ALL.len(), ResponseType::ALL.len()), (12, 9));
        assert_eq!(Category::parse(" cbrne "), Some(Category::Cbrne));
        assert_eq!(Severity::parse("Very bad"), None);
    }
}
