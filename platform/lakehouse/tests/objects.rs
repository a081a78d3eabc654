//! A bucket as a disk: what is removed is gone, however many look at it meanwhile.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use shouhu_env::RealFiles;
use shouhu_files::{Files, FilesError};
use shouhu_lakehouse::ObjectFiles;

const INDEX: &str = "index/class=passage/day=2026-03-01/0000000000000001.lidx";
const PAGES: &str = "by_plate/class=passage/day=2026-03-01/0000000000000001.parquet";
const ROUNDS: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_removed_while_others_open_it_is_gone_and_no_copy_stays() {
    let folder = tempfile::tempdir().unwrap();
    let local: Arc<dyn Files> = Arc::new(RealFiles::below(folder.path()));
    let files = ObjectFiles::over(Arc::new(InMemory::new()), "").with_copies(Arc::clone(&local), 1 << 20).unwrap();
    let files = Arc::new(files);
    let work = tokio::task::spawn_blocking(move || {
        for round in 0..ROUNDS {
            let name = if round % 2 == 0 { INDEX } else { PAGES };
            files.put(name, &vec![7; 4_096]).unwrap();
            let is_over = AtomicBool::new(false);
            std::thread::scope(|threads| {
                for _ in 0..2 {
                    threads.spawn(|| {
                        while !is_over.load(Ordering::Relaxed) {
                            let _ = files.open(name);
                        }
                    });
                }
                files.remove(name).unwrap();
                is_over.store(true, Ordering::Relaxed);
            });
            assert!(matches!(files.open(name), Err(FilesError::Missing { .. })), "{name} in round {round}");
            assert_eq!(local.list("copies").unwrap(), Vec::<String>::new(), "round {round}");
        }
    });
    work.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_fetched_before_the_removal_and_comes_after_it_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let local: Arc<dyn Files> = Arc::new(RealFiles::below(folder.path()));
    // The bytes are taken at once and then take 200 ms to come.
    let slow = ThrottleConfig { wait_get_per_byte: Duration::from_millis(20), ..ThrottleConfig::default() };
    let files = ObjectFiles::over(Arc::new(ThrottledStore::new(InMemory::new(), slow)), "");
    let files = Arc::new(files.with_copies(Arc::clone(&local), 1 << 20).unwrap());
    let work = tokio::task::spawn_blocking(move || {
        files.put(INDEX, b"ten bytes.").unwrap();
        let opening = Arc::clone(&files);
        let opened = std::thread::spawn(move || opening.open(INDEX).map(|file| file.len()));
        std::thread::sleep(Duration::from_millis(50));
        files.remove(INDEX).unwrap();
        assert_eq!(opened.join().unwrap(), Ok(10));
        assert_eq!(local.list("copies").unwrap(), Vec::<String>::new());
        assert!(matches!(files.open(INDEX), Err(FilesError::Missing { .. })));
    });
    work.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_of_what_others_removed_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let local: Arc<dyn Files> = Arc::new(RealFiles::below(folder.path()));
    let bucket: Arc<InMemory> = Arc::default();
    let copying = ObjectFiles::over(bucket.clone(), "").with_copies(Arc::clone(&local), 1 << 20).unwrap();
    let other = ObjectFiles::over(bucket, "");
    let work = tokio::task::spawn_blocking(move || {
        let second = INDEX.replace("1.lidx", "2.lidx");
        for name in [INDEX, PAGES, &second] {
            other.put(name, b"what an index says").unwrap();
            copying.open(name).unwrap();
        }
        other.remove(INDEX).unwrap();
        other.remove(PAGES).unwrap();
        assert_eq!(local.list("copies").unwrap().len(), 2);
        copying.keep_only(&|name| name == second);
        assert_eq!(local.list("copies").unwrap(), [format!("copies/{second}")]);
        for name in [INDEX, PAGES] {
            assert!(matches!(copying.open(name), Err(FilesError::Missing { .. })), "{name}");
        }
        assert_eq!(copying.read(&second).unwrap(), b"what an index says");
    });
    work.await.unwrap();
}
