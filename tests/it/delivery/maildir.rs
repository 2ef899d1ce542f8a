//! Delivery into a Maildir.

use std::path::PathBuf;

use guichet::delivery::{DeliveryError, Outgoing, Settings, Transport, maildir};

use super::{LETTER, SERVER, Sorted, hand_over, letter_to, sorted};

fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn a_letter_is_in_the_maildir_only_after_before_dot() {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let folder = dir.path().join("box");
    let settings = Settings::Maildir(maildir::Settings {
        folder: folder.clone(),
    });
    let mut transport = Transport::new(settings).unwrap();
    let mut before = (0, 0);
    let outcome = transport
        .deliver(&letter_to("a@example.org"), async || {
            before = (
                files(&folder.join("tmp")).len(),
                files(&folder.join("new")).len(),
            );
            Ok::<_, std::convert::Infallible>(())
        })
        .await;
    assert_eq!(sorted(&outcome.unwrap()), Sorted::Delivered);
    assert_eq!(before, (1, 0));
    assert!(files(&folder.join("tmp")).is_empty());
    let new = files(&folder.join("new"));
    let bytes = std::fs::read(&new[0]).unwrap();
    let top = b"Return-Path: <support@example.org>\r\nDelivered-To: a@example.org\r\n";
    assert_eq!(bytes, [top.as_slice(), LETTER].concat());

    let outcome = transport
        .deliver(&letter_to("a@example.org"), async || Err("no"))
        .await;
    assert_eq!(outcome, Err("no"));
    assert!(files(&folder.join("tmp")).is_empty());
    assert_eq!(files(&folder.join("new")).len(), 1);

    for letter in [
        Outgoing {
            bytes: b"a\nb",
            ..letter_to("a@example.org")
        },
        letter_to("a\r\nX: y@example.org"),
    ] {
        assert_eq!(
            sorted(&hand_over(&mut transport, letter).await),
            Sorted::Failed
        );
    }
    let letter = Outgoing {
        sender: None,
        ..letter_to("a@example.org")
    };
    for _ in 0..20 {
        assert_eq!(
            sorted(&hand_over(&mut transport, letter).await),
            Sorted::Delivered
        );
    }
    assert_eq!(files(&folder.join("new")).len(), 21);

    std::fs::remove_dir_all(folder.join("new")).unwrap();
    let outcome = hand_over(&mut transport, letter).await;
    assert_eq!(sorted(&outcome), SERVER);
    assert!(files(&folder.join("tmp")).is_empty());
}

#[test]
fn a_maildir_that_cannot_be_made_is_a_matter_of_configuration() {
    let file = tempfile::NamedTempFile::new_in("/tmp").unwrap();
    let folder = file.path().to_owned();
    let error = Transport::new(Settings::Maildir(maildir::Settings { folder })).unwrap_err();
    assert!(matches!(error, DeliveryError::Folder { .. }));
}
