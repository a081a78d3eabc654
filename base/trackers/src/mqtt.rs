//! What a device says over MQTT 3.1.1, and what it is answered: as much of the standard as a tracker that publishes needs.
//!
//! Source: OASIS *MQTT Version 3.1.1* (2014), named by its sections. A device connects with a name and a password, publishes, asks
//! for what it will never get, and pings; a server that routes nothing between clients needs no more. Wills, sessions and retained
//! messages have no meaning here and are read over.

/// Of one packet: a location is some hundred bytes, and a phone that was away sends one packet for each.
pub const PACKET_BYTES_MAX: usize = 64 * 1024;
/// Of one subscription.
pub const FILTERS_MAX: usize = 64;
/// Level 4 is 3.1.1 (§3.1.2.2).
const LEVEL: u8 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    AtMostOnce,
    AtLeastOnce,
    ExactlyOnce,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    pub client: String,
    pub user: Option<String>,
    pub password: Option<String>,
    /// The device is gone when it is silent for one and a half times so long; 0 for never (§3.1.2.10).
    pub keep_alive_s: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    pub topic: String,
    pub quality: Quality,
    /// 0 where the quality needs none.
    pub id: u16,
    pub body: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    Connect(Connect),
    Publish(Publish),
    /// The second half of `ExactlyOnce` (§3.6).
    Release(u16),
    Subscribe {
        id: u16,
        filters: usize,
    },
    Unsubscribe(u16),
    Ping,
    Disconnect,
}

/// Why bytes are no packet. After each of them the connection is of no more use (§4.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MqttError {
    #[error("packet of {0} bytes is longer than {PACKET_BYTES_MAX}")]
    TooLong(usize),
    #[error("length of a packet takes more than four bytes")]
    Length,
    #[error("packet of kind {0} with flags {1:#06b}, which a device never sends")]
    Kind(u8, u8),
    #[error("packet ends within {0}")]
    Short(&'static str),
    #[error("{0} is no text in UTF-8")]
    Text(&'static str),
    #[error("bytes after the end of a packet")]
    Rest,
    #[error("protocol is not MQTT 3.1.1: turn the app to protocol level 4")]
    Protocol,
    #[error("a topic that is empty or has a wildcard")]
    Topic,
    #[error("packet has the identifier 0")]
    Identifier,
    #[error("subscription to nothing, or to more than {FILTERS_MAX}")]
    Filters,
}

/// Takes fields off the front.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn byte(&mut self, what: &'static str) -> Result<u8, MqttError> {
        let (first, rest) = self.0.split_first().ok_or(MqttError::Short(what))?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self, what: &'static str) -> Result<u16, MqttError> {
        let (number, rest) = self.0.split_first_chunk::<2>().ok_or(MqttError::Short(what))?;
        self.0 = rest;
        Ok(u16::from_be_bytes(*number))
    }

    /// Bytes with their length before them (§1.5.3).
    fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], MqttError> {
        let length = usize::from(self.number(what)?);
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(MqttError::Short(what))?;
        self.0 = rest;
        Ok(bytes)
    }

    fn text(&mut self, what: &'static str) -> Result<String, MqttError> {
        let text = std::str::from_utf8(self.bytes(what)?).map_err(|_| MqttError::Text(what))?;
        Ok(text.to_owned())
    }

    fn identifier(&mut self) -> Result<u16, MqttError> {
        match self.number("the packet's identifier")? {
            0 => Err(MqttError::Identifier),
            id => Ok(id),
        }
    }

    const fn ended(&self) -> Result<(), MqttError> {
        if self.0.is_empty() { Ok(()) } else { Err(MqttError::Rest) }
    }
}

fn connect(fields: &mut Fields<'_>) -> Result<Connect, MqttError> {
    if fields.bytes("the protocol's name")? != b"MQTT" || fields.byte("the protocol's level")? != LEVEL {
        return Err(MqttError::Protocol);
    }
    let flags = fields.byte("the flags")?;
    let has = |bit: u8| flags & (1 << bit) != 0;
    let keep_alive_s = fields.number("the keep-alive")?;
    let client = fields.text("the client's name")?;
    if has(2) {
        fields.bytes("the will's topic")?;
        fields.bytes("the will")?;
    }
    let user = has(7).then(|| fields.text("the user's name")).transpose()?;
    let password = has(6).then(|| fields.text("the password")).transpose()?;
    fields.ended()?;
    Ok(Connect { client, user, password, keep_alive_s })
}

fn publish(flags: u8, fields: &mut Fields<'_>) -> Result<Publish, MqttError> {
    let quality = match flags >> 1 & 0b11 {
        0 => Quality::AtMostOnce,
        1 => Quality::AtLeastOnce,
        2 => Quality::ExactlyOnce,
        _ => return Err(MqttError::Kind(3, flags)),
    };
    let topic = fields.text("the topic")?;
    if topic.is_empty() || topic.contains(['#', '+', '\0']) {
        return Err(MqttError::Topic);
    }
    let id = if quality == Quality::AtMostOnce { 0 } else { fields.identifier()? };
    Ok(Publish { topic, quality, id, body: fields.0.to_vec() })
}

fn subscribe(fields: &mut Fields<'_>) -> Result<Packet, MqttError> {
    let id = fields.identifier()?;
    let mut filters = 0;
    while !fields.0.is_empty() {
        fields.bytes("a filter")?;
        fields.byte("a filter's quality")?;
        filters += 1;
    }
    if (1..=FILTERS_MAX).contains(&filters) { Ok(Packet::Subscribe { id, filters }) } else { Err(MqttError::Filters) }
}

/// The length after the first byte: how long, and how many bytes it takes (§2.2.3). None while it is not whole.
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, MqttError> {
    let mut value = 0;
    for (taken, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * taken);
        if byte & 0x80 == 0 {
            return Ok(Some((value, taken + 1)));
        }
    }
    if bytes.len() < 4 { Ok(None) } else { Err(MqttError::Length) }
}

/// Whether a device sends packets of this kind; flags are fixed for each but for what is published (table 2.2).
const fn is_sent(kind: u8, flags: u8) -> bool {
    matches!((kind, flags), (1 | 12 | 14, 0) | (3, _) | (6 | 8 | 10, 0b0010))
}

/// The first packet of some bytes and how many of them it takes; none while more must come.
///
/// # Errors
/// When no bytes that follow could make a packet of them.
pub fn read(bytes: &[u8]) -> Result<Option<(Packet, usize)>, MqttError> {
    let Some((first, rest)) = bytes.split_first() else { return Ok(None) };
    let (kind, flags) = (first >> 4, first & 0x0f);
    // Before its length: a stranger's bytes are not waited for.
    if !is_sent(kind, flags) {
        return Err(MqttError::Kind(kind, flags));
    }
    let Some((length, taken)) = length(rest)? else { return Ok(None) };
    if length > PACKET_BYTES_MAX {
        return Err(MqttError::TooLong(length));
    }
    let Some(body) = rest.get(taken..taken + length) else { return Ok(None) };
    let mut fields = Fields(body);
    let packet = match kind {
        1 => Packet::Connect(connect(&mut fields)?),
        3 => Packet::Publish(publish(flags, &mut fields)?),
        6 => {
            let id = fields.identifier()?;
            fields.ended()?;
            Packet::Release(id)
        }
        8 => subscribe(&mut fields)?,
        10 => Packet::Unsubscribe(fields.identifier()?),
        12 => {
            fields.ended()?;
            Packet::Ping
        }
        _ => {
            fields.ended()?;
            Packet::Disconnect
        }
    };
    Ok(Some((packet, 1 + taken + length)))
}

/// Why a connection is refused, as the device is told (table 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Protocol = 1,
    Unavailable = 3,
    Password = 4,
    NotAllowed = 5,
}

/// CONNACK (§3.2): no session is kept.
#[must_use]
pub const fn connected(refused: Option<Refused>) -> [u8; 4] {
    let code = match refused {
        None => 0,
        Some(why) => why as u8,
    };
    [0x20, 2, 0, code]
}

const fn named(first: u8, id: u16) -> [u8; 4] {
    let [high, low] = id.to_be_bytes();
    [first, 2, high, low]
}

/// What a publication is answered with: PUBACK, PUBREC, or nothing.
#[must_use]
pub const fn taken(publish: &Publish) -> Option<[u8; 4]> {
    match publish.quality {
        Quality::AtMostOnce => None,
        Quality::AtLeastOnce => Some(named(0x40, publish.id)),
        Quality::ExactlyOnce => Some(named(0x50, publish.id)),
    }
}

/// PUBCOMP (§3.7).
#[must_use]
pub const fn completed(id: u16) -> [u8; 4] {
    named(0x70, id)
}

/// SUBACK (§3.9): each filter is granted, at most once; nothing is ever published to it.
#[must_use]
pub fn subscribed(id: u16, filters: usize) -> Vec<u8> {
    let filters = filters.min(FILTERS_MAX);
    let [high, low] = id.to_be_bytes();
    let length = u8::try_from(2 + filters).unwrap_or(u8::MAX);
    let mut bytes = vec![0x90, length, high, low];
    bytes.resize(4 + filters, 0);
    bytes
}

/// UNSUBACK (§3.11).
#[must_use]
pub const fn unsubscribed(id: u16) -> [u8; 4] {
    named(0xb0, id)
}

/// PINGRESP (§3.13).
pub const PONG: [u8; 2] = [0xd0, 0];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Vec<u8> {
        let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }

    fn packet(first: u8, parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let mut bytes = vec![first];
        let mut left = body.len();
        loop {
            let seven = u8::try_from(left & 0x7f).unwrap();
            left >>= 7;
            bytes.push(if left > 0 { seven | 0x80 } else { seven });
            if left == 0 {
                break;
            }
        }
        bytes.extend(body);
        bytes
    }

    fn hello(name: &[u8], level: u8, flags: u8, rest: &[&[u8]]) -> Vec<u8> {
        let mut parts: Vec<&[u8]> = vec![name];
        let head = [level, flags, 0, 60];
        parts.push(&head);
        parts.extend(rest);
        packet(0x10, &parts)
    }

    #[test]
    fn a_device_connects_with_name_and_password_and_its_will_is_read_over() {
        let (client, user, password) = (text("jane-phone"), text("jane"), text("geheim"));
        let will = [text("owntracks/jane/phone"), text("{\"_type\":\"lwt\"}")].concat();
        let bytes = hello(&text("MQTT"), 4, 0b1110_0110, &[&client, &will, &user, &password]);
        let (read, taken) = read(&bytes).unwrap().unwrap();
        let expected = Connect { client: "jane-phone".into(), user: Some("jane".into()), password: Some("geheim".into()), keep_alive_s: 60 };
        assert_eq!((read, taken), (Packet::Connect(expected), bytes.len()));
    }

    #[test]
    fn other_protocols_and_packets_of_a_server_are_refused() {
        for (name, level) in [("MQTT", 5), ("MQIsdp", 3), ("HTTP", 4)] {
            assert_eq!(read(&hello(&text(name), level, 2, &[&text("x")])), Err(MqttError::Protocol), "{name} {level}");
        }
        assert_eq!(read(&[0x20, 2, 0, 0]), Err(MqttError::Kind(2, 0)));
        assert_eq!(read(&[0xc1, 0]), Err(MqttError::Kind(12, 1)));
        assert_eq!(read(&[0x30, 0xff, 0xff, 0xff, 0x7f]), Err(MqttError::TooLong(268_435_455)));
        assert_eq!(read(&[0x30, 0xff, 0xff, 0xff, 0xff]), Err(MqttError::Length));
        assert_eq!(read(&packet(0x36, &[&text("a"), &[0, 1]])), Err(MqttError::Kind(3, 6)), "quality 3");
        assert_eq!(read(&packet(0x30, &[&text("a/#")])), Err(MqttError::Topic));
        assert_eq!(read(&packet(0x32, &[&text("a"), &[0, 0]])), Err(MqttError::Identifier));
        assert_eq!(read(&packet(0x82, &[&[0, 1]])), Err(MqttError::Filters));
    }

    #[test]
    fn a_publication_is_answered_by_its_quality() {
        let of = |first: u8, id: &[u8]| {
            let bytes = packet(first, &[&text("owntracks/jane/phone"), id, b"{}"]);
            match read(&bytes).unwrap().unwrap().0 {
                Packet::Publish(publish) => publish,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(taken(&of(0x30, &[])), None);
        assert_eq!(taken(&of(0x33, &[1, 2])), Some([0x40, 2, 1, 2]), "retained");
        let exactly = of(0x3c, &[0, 7]);
        assert_eq!((exactly.body.as_slice(), taken(&exactly)), (b"{}".as_slice(), Some([0x50, 2, 0, 7])), "sent again");
        assert_eq!((completed(7), unsubscribed(8)), ([0x70, 2, 0, 7], [0xb0, 2, 0, 8]));
        let filters = packet(0x82, &[&[0, 9], &text("owntracks/+/+/cmd"), &[1], &text("x"), &[0]]);
        assert_eq!(read(&filters).unwrap().unwrap().0, Packet::Subscribe { id: 9, filters: 2 });
        assert_eq!(subscribed(9, 2), [0x90, 4, 0, 9, 0, 0]);
        assert_eq!((connected(None), connected(Some(Refused::Password))), ([0x20, 2, 0, 0], [0x20, 2, 0, 4]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_refused_or_waited_for(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(Some((_, taken))) = read(&bytes) {
                prop_assert!(taken >= 2 && taken <= bytes.len());
                prop_assert_eq!(read(&bytes[..taken]), read(&bytes));
            }
        }

        #[test]
        fn a_packet_that_is_not_whole_is_waited_for(body in proptest::collection::vec(any::<u8>(), 0..400), cut in 0.0_f64..1.0) {
            let bytes = packet(0x32, &[&text("owntracks/jane/phone"), &[0, 1], &body]);
            let expected = Publish { topic: "owntracks/jane/phone".into(), quality: Quality::AtLeastOnce, id: 1, body };
            prop_assert_eq!(read(&bytes), Ok(Some((Packet::Publish(expected), bytes.len()))));
            let part = (cut * bytes.len() as f64) as usize;
            prop_assert_eq!(read(&bytes[..part]), Ok(None));
        }
    }
}
