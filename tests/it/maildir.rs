//! The mailbox on a Maildir.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use guichet::mailbox::maildir::{Settings, deliver};
use guichet::mailbox::{self, Acknowledged, Mailbox, MailboxError, News, Shelf, Uid};
use tempfile::TempDir;

async fn open(dir: &TempDir) -> Mailbox {
    let settings = Settings {
        path: path(dir),
        done: "Guichet/Done".to_owned(),
        held: "Guichet/Held".to_owned(),
    };
    mailbox::open(&mailbox::Settings::Maildir(settings))
        .await
        .unwrap()
}

fn path(dir: &TempDir) -> PathBuf {
    dir.path().join("mail")
}

fn temporary() -> TempDir {
    tempfile::tempdir_in("/tmp").unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_delivered_letter_is_listed_read_and_put_away() {
    let dir = temporary();
    let mut mailbox = open(&dir).await;
    assert_eq!(mailbox.list().await.unwrap(), vec![]);
    let first = deliver(&path(&dir), b"one\r\n").unwrap();
    let second = deliver(&path(&dir), b"\xff\x00two").unwrap();
    assert_eq!(files(&path(&dir).join("tmp")), Vec::<String>::new());
    let listed = mailbox.list().await.unwrap();
    let uids: Vec<Uid> = listed.iter().map(|letter| letter.uid.clone()).collect();
    assert_eq!(uids, [first.clone(), second.clone()]);
    assert_eq!(listed[0].size, 5);
    let fetched = mailbox.fetch(&uids).await.unwrap();
    assert_eq!(fetched[1].raw, b"\xff\x00two");
    assert_eq!(fetched[0].received_at, listed[0].received_at);
    let head = mailbox.fetch_head(&first, 2).await.unwrap();
    assert_eq!(head.unwrap().raw, b"on");

    let done = mailbox
        .acknowledge(std::slice::from_ref(&first), Shelf::Done)
        .await;
    assert_eq!(done.unwrap(), Acknowledged::Moved);
    mailbox.acknowledge(&[second], Shelf::Held).await.unwrap();
    assert_eq!(mailbox.list().await.unwrap(), vec![]);
    let name = first.to_string()[1..].to_owned();
    assert_eq!(
        files(&path(&dir).join(".Guichet.Done/cur")),
        [format!("{name}:2,")]
    );
    let shelved = mailbox.shelved(Shelf::Done, None).await.unwrap();
    assert_eq!(shelved.len(), 1);
    let again = mailbox
        .fetch_shelved(Shelf::Done, &[shelved[0].uid.clone()])
        .await
        .unwrap();
    assert_eq!(again[0].raw, b"one\r\n");
    let again = mailbox.acknowledge(&[first], Shelf::Done).await;
    assert_eq!(again.unwrap(), Acknowledged::Moved);
}

#[tokio::test]
async fn a_letter_read_by_people_keeps_its_uid() {
    let dir = temporary();
    let mut mailbox = open(&dir).await;
    let uid = deliver(&path(&dir), b"x").unwrap();
    let name = uid.to_string()[1..].to_owned();
    fs::rename(
        path(&dir).join("new").join(&name),
        path(&dir).join("cur").join(format!("{name}:2,S")),
    )
    .unwrap();
    assert_eq!(mailbox.list().await.unwrap()[0].uid, uid);
    assert_eq!(
        mailbox
            .fetch(std::slice::from_ref(&uid))
            .await
            .unwrap()
            .len(),
        1
    );
    mailbox.acknowledge(&[uid], Shelf::Done).await.unwrap();
    assert_eq!(
        files(&path(&dir).join(".Guichet.Done/cur")),
        [format!("{name}:2,S")]
    );
}

#[tokio::test]
async fn vanished_letters_are_absent_and_links_are_not_letters() {
    let dir = temporary();
    let mut mailbox = open(&dir).await;
    let uid = deliver(&path(&dir), b"x").unwrap();
    let secret = dir.path().join("secret");
    fs::write(&secret, "root:x").unwrap();
    symlink(&secret, path(&dir).join("new/link")).unwrap();
    symlink(&secret, path(&dir).join("cur/link2:2,S")).unwrap();
    fs::create_dir(path(&dir).join("cur/directory")).unwrap();
    fs::write(path(&dir).join("new/.hidden"), "x").unwrap();
    assert_eq!(mailbox.list().await.unwrap().len(), 1);
    for name in [
        "mlink",
        "mlink2",
        "mdirectory",
        "m.hidden",
        "m..%2F..%2Fsecret",
    ] {
        let uid: Uid = name.parse().unwrap();
        let fetched = mailbox.fetch(&[uid]).await.unwrap();
        assert!(fetched.is_empty(), "{name}");
    }
    let name = uid.to_string()[1..].to_owned();
    fs::remove_file(path(&dir).join("new").join(name)).unwrap();
    assert!(mailbox.fetch(&[uid]).await.unwrap().is_empty());
    assert!(secret.exists());
}

#[tokio::test]
async fn two_letters_of_one_name_are_both_kept() {
    let dir = temporary();
    let mut mailbox = open(&dir).await;
    for text in ["first", "second"] {
        fs::write(path(&dir).join("new/same"), text).unwrap();
        mailbox
            .acknowledge(&["msame".parse().unwrap()], Shelf::Done)
            .await
            .unwrap();
    }
    let shelf = path(&dir).join(".Guichet.Done/cur");
    assert_eq!(files(&shelf), ["same:2,", "same_1:2,"]);
    assert_eq!(fs::read(shelf.join("same:2,")).unwrap(), b"first");
}

#[tokio::test]
async fn news_comes_within_a_second_of_every_delivery() {
    let dir = temporary();
    let mut mailbox = open(&dir).await;
    for round in 1..=20 {
        assert_eq!(mailbox.list().await.unwrap().len(), round - 1);
        deliver(&path(&dir), b"x").unwrap();
        let begun = Instant::now();
        let news = mailbox.wait(Duration::from_secs(5)).await.unwrap();
        assert_eq!(news, News::Arrived, "round {round}");
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
    mailbox.list().await.unwrap();
    let news = mailbox.wait(Duration::from_millis(300)).await.unwrap();
    assert_eq!(news, News::Quiet);
}

#[tokio::test]
async fn news_is_seen_though_the_directory_keeps_its_time() {
    let dir = temporary();
    let mut mailbox = open(&dir).await;
    let new = path(&dir).join("new");
    mailbox.list().await.unwrap();
    let before = fs::metadata(&new).unwrap().modified().unwrap();
    fs::write(new.join("letter"), "x").unwrap();
    // As if both had happened within one tick of the file system's clock.
    let directory = fs::File::open(&new).unwrap();
    directory.set_modified(before).unwrap();
    let news = mailbox.wait(Duration::from_millis(300)).await.unwrap();
    assert_eq!(news, News::Arrived);
}

#[tokio::test]
async fn news_interrupts_a_running_wait() {
    let dir = temporary();
    let mut mailbox = open(&dir).await;
    mailbox.list().await.unwrap();
    let waiting = tokio::spawn(async move { mailbox.wait(Duration::from_secs(20)).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    deliver(&path(&dir), b"x").unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), News::Arrived);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn err_a_letter_too_large_is_named_and_read_in_part() {
    let dir = temporary();
    let mut mailbox = open(&dir).await;
    let uid = deliver(&path(&dir), &vec![b'x'; 26 * 1024 * 1024]).unwrap();
    let error = mailbox.fetch(std::slice::from_ref(&uid)).await.unwrap_err();
    assert!(
        matches!(&error, MailboxError::TooLarge { uid: Some(named), .. } if *named == uid),
        "{error:?}"
    );
    let head = mailbox.fetch_head(&uid, 100).await.unwrap().unwrap();
    assert_eq!(head.raw.len(), 100);
}

#[tokio::test]
async fn err_a_folder_that_vanishes_is_an_error_and_no_empty_list() {
    let dir = temporary();
    let mut mailbox = open(&dir).await;
    fs::remove_dir_all(path(&dir)).unwrap();
    let error = mailbox.list().await.unwrap_err();
    assert!(matches!(error, MailboxError::Maildir { .. }), "{error:?}");
    let error = mailbox.wait(Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(error, MailboxError::Maildir { .. }), "{error:?}");
}
