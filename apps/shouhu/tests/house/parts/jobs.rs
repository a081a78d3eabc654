use shouhu::{DESTROYING, MODULES};

#[test]
fn every_job_that_destroys_what_is_over_waits_for_a_clock_that_is_believed() {
    let kinds: Vec<&str> = MODULES.iter().flat_map(|module| module.jobs).map(|job| job.kind).collect();
    for named in DESTROYING {
        assert!(kinds.contains(named), "no job is called {named}");
    }
    let destroys = |kind: &str| ["purge", "forget", "retention", "expire", "sweep"].iter().any(|word| kind.contains(word));
    for kind in kinds {
        assert!(!destroys(kind) || DESTROYING.contains(&kind), "{kind} does not wait for a clock that is believed");
    }
}
