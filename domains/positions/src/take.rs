//! From a message to the map and the track: each record by itself.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::StatusCode;
use shouhu_events::Event;
use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::{FixTaken, UnitFix, UnitFixesPort};
use shouhu_module::{App, Keyed};
use shouhu_trackers::{MessageError, Record, RecordError, TrackerFix};

use crate::book::Known;
use crate::codec::Kept;
use crate::counts::Count;
use crate::keeper::NotKept;
use crate::model::{IngestReport, Protocol, RefusedRecord};
use crate::room::Room;
use crate::sanity::{Refusal, checked};
use crate::secret;

/// Why a whole message is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    #[error("no tracker in use has this secret")]
    Secret,
    #[error("too many wrong secrets from this address: wait a minute")]
    TooManyGuesses,
    #[error("this tracker is registered for another protocol: register one for this")]
    Protocol,
    #[error("{0}")]
    Unreadable(#[from] MessageError),
    #[error("positions wait to be written: send it again in some seconds")]
    Busy,
    #[error("the map shows it, and it cannot be written down now: send it again")]
    Unwritten,
    #[error("the cry for help could not be written down: send it again")]
    NotKept,
}

impl Keyed for TakeError {
    fn key(&self) -> &'static str {
        match self {
            Self::Secret => "positions.tracker.secret",
            Self::TooManyGuesses => "positions.tracker.too_many_guesses",
            Self::Protocol => "positions.tracker.protocol",
            Self::Unreadable(_) => "positions.message.unreadable",
            Self::Busy => "positions.message.busy",
            Self::Unwritten => "positions.message.not_written",
            Self::NotKept => "positions.message.not_kept",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Secret => StatusCode::UNAUTHORIZED,
            Self::TooManyGuesses => StatusCode::TOO_MANY_REQUESTS,
            Self::Protocol => StatusCode::FORBIDDEN,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Busy | Self::Unwritten | Self::NotKept => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Whose secret this is.
///
/// # Errors
/// When it is nobody's, or the tracker speaks another protocol.
pub fn whose(
    room: &Room,
    secret: Option<&str>,
    protocol: Protocol,
    from: Option<IpAddr>,
    now: Micros,
) -> Result<Arc<Known>, TakeError> {
    let found = secret.and_then(secret::hash_of).and_then(|hash| room.book().by_secret(&hash));
    let Some(known) = found else {
        return Err(if room.guesses.wrong(from, now) { TakeError::TooManyGuesses } else { TakeError::Secret });
    };
    if known.protocol != protocol {
        let refused = TakeError::Protocol;
        room.counts.refused(known.id, now, refused.key(), &refused.to_string());
        return Err(refused);
    }
    Ok(known)
}

/// A body that is no message of its protocol: the tracker's page shows it.
pub fn unreadable(room: &Room, sender: &Known, now: Micros, error: MessageError) -> TakeError {
    let refused = TakeError::Unreadable(error);
    room.counts.refused(sender.id, now, refused.key(), &refused.to_string());
    refused
}

/// The tracker that a record speaks of.
fn tracker_of(room: &Room, sender: &Arc<Known>, device: Option<&str>) -> Result<Arc<Known>, Refusal> {
    if sender.is_gateway {
        return device.and_then(|device| room.book().behind(sender.id, device)).ok_or(Refusal::UnknownDevice);
    }
    match sender.device.as_deref() {
        Some(registered) if device != Some(registered) => Err(Refusal::OtherDevice),
        _ => Ok(sender.clone()),
    }
}

struct Message<'a> {
    app: &'a App,
    room: &'a Room,
    now: Micros,
}

/// What became of one record.
enum Became {
    Taken(FixTaken),
    Ignored,
    Refused(Refusal),
}

/// Takes the records of a message that `sender` sent.
///
/// # Errors
/// When what is good could not be kept: the sender must send all of it again, which changes nothing for what was.
pub async fn take(app: &App, room: &Room, sender: &Arc<Known>, records: Vec<Record>) -> Result<IngestReport, TakeError> {
    let now = app.env.now();
    let message = Message { app, room, now };
    let (mut report, mut is_unwritten) = (IngestReport::default(), false);
    room.counts.seen(sender.id, now);
    for (index, record) in records.into_iter().enumerate() {
        let tracker = match tracker_of(room, sender, record.device.as_deref()) {
            Ok(tracker) => tracker,
            // A greeting of somebody else is still only a greeting.
            Err(_) if matches!(record.fix, Err(RecordError::NotAPlace(_))) && record.alarm.is_none() => {
                report.ignored += 1;
                continue;
            }
            Err(refusal) => {
                // Help is asked for whoever asks: an alarm of a device that nobody registered still reaches the map's people.
                if let Some(alarm) = &record.alarm {
                    report.alarms += usize::from(message.cry(sender, None, alarm, None).await?);
                }
                message.refuse(sender, index, &refusal, &mut report);
                continue;
            }
        };
        match message.one(&tracker, record, &mut report).await {
            Ok(Became::Taken(FixTaken::Newest)) => report.taken += 1,
            Ok(Became::Taken(FixTaken::Older)) => report.older += 1,
            Ok(Became::Ignored) => report.ignored += 1,
            Ok(Became::Refused(refusal)) => message.refuse(&tracker, index, &refusal, &mut report),
            // The rest of the message may be newer, or a cry: the map has it, though no track can.
            Err(TakeError::Unwritten) => is_unwritten = true,
            Err(error) => return Err(error),
        }
    }
    if is_unwritten { Err(TakeError::Unwritten) } else { Ok(report) }
}

impl Message<'_> {
    fn refuse(&self, tracker: &Known, index: usize, refusal: &Refusal, report: &mut IngestReport) {
        let detail = refusal.to_string();
        self.room.counts.refused(tracker.id, self.now, refusal.key(), &detail);
        report.refused.push(RefusedRecord { index, key: refusal.key().to_owned(), detail });
    }

    fn judge(&self, tracker: &Known, fix: Result<TrackerFix, RecordError>) -> Result<(UnitId, TrackerFix, UnitFix), Refusal> {
        let fix = fix?;
        let believed = checked(&fix, self.now)?;
        Ok((tracker.unit.ok_or(Refusal::NoUnit)?, fix, believed))
    }

    async fn one(&self, tracker: &Known, record: Record, report: &mut IngestReport) -> Result<Became, TakeError> {
        self.room.counts.seen(tracker.id, self.now);
        if record.alarm.is_none() && matches!(record.fix, Err(RecordError::NotAPlace(_))) {
            return Ok(Became::Ignored);
        }
        let judged = self.judge(tracker, record.fix).and_then(|(unit, fix, believed)| {
            let port = self.app.try_room::<UnitFixesPort>();
            let taken = port.map_or(Ok(FixTaken::Newest), |port| port.0.take(unit, believed));
            let taken = taken.map_err(|refused| Refusal::Unit { key: refused.key, detail: refused.detail })?;
            Ok((unit, fix, believed, taken))
        });
        let (unit, fix, believed, taken) = match judged {
            Ok(judged) => judged,
            Err(refusal) => {
                if let Some(alarm) = &record.alarm {
                    report.alarms += usize::from(self.cry(tracker, tracker.unit, alarm, None).await?);
                }
                return Ok(Became::Refused(refusal));
            }
        };
        if taken == FixTaken::Newest {
            self.room.came_from(unit, Some(tracker.id), believed.measured_at);
        }
        let kept = Kept {
            unit,
            source: Some(tracker.id),
            measured_at: believed.measured_at,
            received_at: self.now,
            position: believed.position,
            accuracy_m: fix.accuracy_m,
            speed_kmh: fix.speed_kmh,
            heading_deg: fix.heading_deg,
            altitude_m: fix.altitude_m,
            is_alarm: record.alarm.is_some(),
        };
        self.keep(tracker, record.alarm.as_deref(), kept, report).await?;
        self.room.counts.add(
            tracker.id,
            Count {
                seen_at: Some(self.now),
                fix_at: Some(believed.measured_at),
                battery: fix.battery,
                taken: 1,
                ..Count::default()
            },
        );
        Ok(Became::Taken(taken))
    }

    async fn keep(&self, tracker: &Known, alarm: Option<&str>, kept: Kept, report: &mut IngestReport) -> Result<(), TakeError> {
        if let Some(alarm) = alarm
            && self.cry(tracker, Some(kept.unit), alarm, Some(kept)).await?
        {
            report.alarms += 1;
            return Ok(());
        }
        // Nobody has a reason to keep where a crew is that went home; the map shows it, the track does not.
        if self.room.is_off_duty(kept.unit) {
            return Ok(());
        }
        self.room.keeper.keep(kept).await.map_err(|not_kept| match not_kept {
            NotKept::Busy => TakeError::Busy,
            NotKept::Unwritten => TakeError::Unwritten,
        })
    }

    /// True when it is a new cry; it is then on disk.
    async fn cry(&self, tracker: &Known, unit: Option<UnitId>, alarm: &str, kept: Option<Kept>) -> Result<bool, TakeError> {
        if !self.room.is_new_cry(tracker.id, alarm, self.now) {
            return Ok(false);
        }
        let event = Event::TrackerAlarmed {
            tracker: tracker.id,
            unit,
            alarm: alarm.to_owned(),
            position: kept.map(|kept| kept.position),
            at_us: kept.map_or(self.now, |kept| kept.measured_at),
        };
        self.room.keeper.cry(event, kept).await.map_err(|_| TakeError::NotKept)?;
        self.room.heard(tracker.id, alarm, self.now);
        Ok(true)
    }
}
