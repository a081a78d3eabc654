use shouhu::backup::nightly::{BACKUP_AGAIN_US, BACKUP_AT_US, DRILL_AGAIN_US, DRILL_AT_US, SUNDAY, due, last};
use shouhu_ids::Micros;
use shouhu_operations::backups::{BackupKind, BackupNote};

/// Tuesday 2024-10-01, noon in Taipei.
const TUESDAY_NOON: Micros = Micros(19_997 * Micros::DAY + 4 * Micros::HOUR);

fn note(kind: BackupKind, began_at_us: Micros, is_good: bool) -> BackupNote {
    BackupNote { kind, began_at_us, node: None, is_good, backup: None, took_us: 1, bytes_written: None, rpo_us: None, newest_passage_age_us: None, detail: String::new() }
}

#[test]
fn nights_begin_at_half_past_two_in_taipei_and_weeks_on_sunday() {
    let tonight = last(TUESDAY_NOON, BACKUP_AT_US, 1, 0);
    assert_eq!(TUESDAY_NOON.since(tonight), 9 * Micros::HOUR + 30 * Micros::MINUTE);
    let sunday = last(TUESDAY_NOON, DRILL_AT_US, 7, SUNDAY);
    assert_eq!(TUESDAY_NOON.since(sunday), 2 * Micros::DAY + 8 * Micros::HOUR + 30 * Micros::MINUTE);
    assert_eq!(last(sunday, DRILL_AT_US, 7, SUNDAY), sunday);
    assert_eq!(last(sunday.plus(-1), DRILL_AT_US, 7, SUNDAY), sunday.plus(-7 * Micros::DAY));
}

#[test]
fn each_night_has_one_backup_each_week_one_drill_and_a_failure_is_tried_again_in_time() {
    let (backup, drill) = (BackupKind::Backup, BackupKind::Drill);
    let tonight = last(TUESDAY_NOON, BACKUP_AT_US, 1, 0);
    assert_eq!(due(TUESDAY_NOON, &[]), Some(backup), "a house that was never backed up");
    let mut notes = vec![note(backup, tonight.plus(-1), true)];
    assert_eq!(due(TUESDAY_NOON, &notes), Some(backup), "yesterday's is not tonight's");
    notes.push(note(backup, TUESDAY_NOON.plus(-Micros::MINUTE), false));
    assert_eq!(due(TUESDAY_NOON, &notes), Some(drill), "what failed a minute ago waits; the older one was never drilled");
    assert_eq!(due(TUESDAY_NOON.plus(BACKUP_AGAIN_US), &notes), Some(backup));
    notes.push(note(backup, tonight, true));
    notes.push(note(drill, TUESDAY_NOON, false));
    assert_eq!(due(TUESDAY_NOON.plus(DRILL_AGAIN_US - 1), &notes), None);
    assert_eq!(due(TUESDAY_NOON.plus(DRILL_AGAIN_US), &notes), Some(drill));
    notes.push(note(drill, TUESDAY_NOON, true));
    assert_eq!(due(TUESDAY_NOON.plus(DRILL_AGAIN_US), &notes), None);
    let sunday = last(TUESDAY_NOON.plus(7 * Micros::DAY), DRILL_AT_US, 7, SUNDAY);
    notes.push(note(backup, sunday.plus(-Micros::HOUR), true));
    assert_eq!([due(sunday.plus(-1), &notes), due(sunday, &notes)], [None, Some(drill)]);
}
