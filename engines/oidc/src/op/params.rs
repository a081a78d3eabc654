//! A query or a form as it came (application/x-www-form-urlencoded), read strictly: what two readers could read in two ways is refused.

/// A request has some hundred bytes; a long state makes it longer.
pub const PARAMS_BYTES_MAX: usize = 8 * 1024;
const PARAMS_MAX: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParamsRefused {
    #[error("the request has {bytes} bytes; at most {PARAMS_BYTES_MAX} are read")]
    TooLong { bytes: usize },
    #[error("the request has more than {PARAMS_MAX} parameters")]
    TooMany,
    #[error("the request is no form: a % without two hex digits after it, or bytes that are no UTF-8")]
    Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

fn digit(byte: Option<&u8>) -> Option<u8> {
    char::from(*byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// `+` is a space, `%` begins two hex digits; nothing is passed over.
pub(crate) fn decoded(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = digit(rest.next())?;
                let low = digit(rest.next())?;
                (high << 4) | low
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).ok()
}

impl Params {
    /// # Errors
    /// When it is too long, or no form.
    pub fn parse(text: &[u8]) -> Result<Self, ParamsRefused> {
        if text.len() > PARAMS_BYTES_MAX {
            return Err(ParamsRefused::TooLong { bytes: text.len() });
        }
        let mut pairs = Vec::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == PARAMS_MAX {
                return Err(ParamsRefused::TooMany);
            }
            let (name, value) = match pair.iter().position(|byte| *byte == b'=').and_then(|at| pair.split_at_checked(at)) {
                // The second half begins with the sign itself.
                Some((name, value)) => (name, value.strip_prefix(b"=").unwrap_or(value)),
                None => (pair, &[][..]),
            };
            let read = decoded(name).zip(decoded(value)).ok_or(ParamsRefused::Form)?;
            pairs.push(read);
        }
        Ok(Self(pairs))
    }

    /// The value of that name. One without a value is as good as none (RFC 6749 §3.1).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether something of that name stands in it more than once, with whatever values.
    #[must_use]
    pub fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(known, _)| known == name).count() > 1
    }

    /// Whether anything does: it must not (RFC 6749 §3.1 and §3.2).
    #[must_use]
    pub fn has_repeats(&self) -> bool {
        self.0.iter().any(|(name, _)| self.is_repeated(name))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::joined;

    #[test]
    fn a_form_is_read_as_it_was_written_and_what_stands_twice_is_known() {
        let read = Params::parse(b"a=1+2&b=%E5%AE%88&c&d=&e=x=y&&b=2").unwrap();
        assert_eq!(["a", "b", "c", "d", "e", "f"].map(|name| read.get(name)), [Some("1 2"), Some("守"), None, None, Some("x=y"), None]);
        assert!(read.is_repeated("b") && !read.is_repeated("a") && read.has_repeats());
        assert!(!Params::parse(b"").unwrap().has_repeats());
    }

    #[test]
    fn what_two_readers_could_read_in_two_ways_is_refused() {
        for wrong in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%+4", b"%=1", b"a=%ff", b"a=\xff", b"a=%c3%28", b"a=%ed%a0%80"] {
            assert_eq!(Params::parse(wrong), Err(ParamsRefused::Form), "{wrong:?}");
        }
        let long = vec![b'a'; PARAMS_BYTES_MAX + 1];
        assert_eq!(Params::parse(&long), Err(ParamsRefused::TooLong { bytes: PARAMS_BYTES_MAX + 1 }));
        assert_eq!(Params::parse("a=1&".repeat(PARAMS_MAX + 1).as_bytes()), Err(ParamsRefused::TooMany));
    }

    proptest! {
        #[test]
        fn whatever_was_joined_is_read_back(name in "[a-z_]{1,20}", value in any::<String>()) {
            let text = joined(&[(name.as_str(), value.as_str())]);
            if text.len() <= PARAMS_BYTES_MAX {
                let read = Params::parse(text.as_bytes()).unwrap();
                prop_assert_eq!(read.get(&name), Some(value.as_str()).filter(|value| !value.is_empty()));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Params::parse(&bytes);
        }
    }
}
