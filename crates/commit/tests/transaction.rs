//! Commit, undo and recovery as another program would use them, without sshp.

#![allow(clippy::disallowed_methods, reason = "tests make files")]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};

use sshp_commit::{
    CommitError, CommitOptions, Committer, Error, ErrorKind, Event, Host, Remedy, Targets, log,
    read, undoable,
};
use sshp_splice::{ChangeSet, FileChange, Splice};

/// A program that writes `*.conf`, and writes down what it hears.
#[derive(Default)]
struct Program {
    events: RefCell<Vec<String>>,
    held: Cell<usize>,
}

impl Host for Program {
    fn targets(&self, _: &mut dyn Iterator<Item = PathBuf>) -> Targets<'_> {
        Box::new(|file, _| file.path().extension().is_some_and(|ending| ending == "conf"))
    }

    fn hold(&self) -> Box<dyn Any> {
        self.held.set(self.held.get() + 1);
        Box::new(())
    }

    fn event(&self, event: Event<'_>) {
        let text = format!("{event:?}");
        let name = text.split([' ', '(']).next().unwrap_or_default();
        self.events.borrow_mut().push(name.to_owned());
    }
}

struct Place {
    folder: tempfile::TempDir,
    program: Program,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place { folder, program: Program::default() };
        for (name, text) in files {
            fs::write(place.path(name), text).expect("a file");
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// Replaces all of each file.
    fn commit(&self, command: &str, files: &[(&str, &str)]) -> Result<ChangeSet, Error> {
        let state = self.state();
        let plan = || self.plan(command, files);
        self.committer(&state).commit(CommitOptions::default(), &[], plan).map_err(only)
    }

    fn plan(&self, command: &str, files: &[(&str, &str)]) -> Result<ChangeSet, Error> {
        let mut change = ChangeSet::new(command);
        for (name, new) in files {
            let base = read(&self.path(name))?;
            let whole = 0..base.as_ref().map_or(0, |base| base.len());
            let splices = vec![Splice::replace(whole, *new)];
            change.push(FileChange::new(self.path(name), base, splices));
        }
        Ok(change)
    }

    fn committer<'a>(&'a self, state: &'a Path) -> Committer<'a> {
        Committer { state, backups: 5, now: 7, host: &self.program }
    }
}

fn only(error: CommitError<Error>) -> Error {
    match error {
        CommitError::Plan(error) | CommitError::Commit(error) => error,
    }
}

#[test]
fn several_files_change_together_and_come_back_together() {
    let place = Place::new(&[("a.conf", "a\n"), ("b.conf", "b\n")]);
    place.commit("set", &[("a.conf", "A\n"), ("b.conf", "B\n"), ("c.conf", "C\n")]).expect("done");
    assert_eq!((&*place.text("a.conf"), &*place.text("b.conf")), ("A\n", "B\n"));
    let state = place.state();
    let changes = log(&state).expect("a journal").good;
    assert_eq!((changes[0].command.as_str(), changes[0].time), ("set", 7));
    let next = undoable(&changes);
    place.committer(&state).undo(CommitOptions::default(), &[], next[0]).expect("undone");
    assert_eq!((&*place.text("a.conf"), &*place.text("b.conf")), ("a\n", "b\n"));
    assert!(!place.path("c.conf").exists());
    assert_eq!(place.program.held.get(), 2, "signals are held once for each change");
}

#[test]
fn a_plan_runs_again_on_what_another_program_saved_meanwhile() {
    let place = Place::new(&[("a.conf", "a\n")]);
    let (state, tries) = (place.state(), Cell::new(0));
    let plan = || {
        let change = place.plan("set", &[("a.conf", "A\n")]);
        tries.set(tries.get() + 1);
        if tries.get() == 1 {
            fs::write(place.path("a.conf"), "saved meanwhile\n").expect("a file");
        }
        change
    };
    let options = CommitOptions::default();
    let change = place.committer(&state).commit(options, &[], plan).map_err(only).expect("done");
    assert_eq!(change.files[0].before(), b"saved meanwhile\n");
    assert_eq!(*place.program.events.borrow(), ["PlannedAgain"]);
}

#[test]
fn a_plan_that_refuses_changes_nothing_and_its_own_error_comes_back() {
    let place = Place::new(&[("a.conf", "a\n")]);
    let state = place.state();
    let plan = || Err::<ChangeSet, _>("no");
    let refused = place.committer(&state).commit(CommitOptions::default(), &[], plan);
    assert!(matches!(refused, Err(CommitError::Plan("no"))));
    assert!(log(&state).expect("a journal").good.is_empty());
}

#[test]
fn what_changed_since_is_not_taken_back_and_the_difference_is_shown() {
    let place = Place::new(&[("a.conf", "a\n")]);
    place.commit("set", &[("a.conf", "A\n")]).expect("done");
    fs::write(place.path("a.conf"), "mine\n").expect("a file");
    let state = place.state();
    let changes = log(&state).expect("a journal").good;
    let error = place.committer(&state).plan_undos(&[&changes[0]]).expect_err("a conflict");
    let ErrorKind::ChangedSince { id: 1, diff, .. } = &*error.kind else { panic!("{error:?}") };
    assert!(diff.contains(&"+mine".to_owned()) && diff.contains(&"-A".to_owned()), "{diff:?}");
    assert!(matches!(error.remedies[..], [Remedy::TakeBackByHand, Remedy::EarlierTexts(_)]));
    assert_eq!(place.text("a.conf"), "mine\n");
}

#[test]
fn a_change_that_a_crash_cut_in_two_is_finished_by_the_next_reader() {
    let place = Place::new(&[("a.conf", "a\n"), ("b.conf", "b\n")]);
    place.commit("set", &[("a.conf", "A\n"), ("b.conf", "B\n")]).expect("done");
    // As a crash between the two files leaves it.
    let state = place.state();
    let name = "0000000001";
    fs::rename(state.join("journal").join(name), state.join("pending").join(name)).expect("moved");
    fs::write(place.path("b.conf"), "b\n").expect("a file");
    assert!(place.committer(&state).recover_for_read().is_empty());
    assert_eq!((&*place.text("a.conf"), &*place.text("b.conf")), ("A\n", "B\n"));
    assert_eq!(*place.program.events.borrow(), ["Finished"]);
    assert_eq!(log(&state).expect("a journal").good.len(), 1);
}

#[test]
fn an_entry_about_a_file_that_the_program_never_writes_is_not_carried_out() {
    let place = Place::new(&[("a.txt", "a\n")]);
    place.commit("set", &[("a.txt", "A\n")]).expect("done");
    let state = place.state();
    let changes = log(&state).expect("a journal").good;
    let undone = place.committer(&state).undo(CommitOptions::default(), &[], &changes[0]);
    let error = undone.expect_err("a refusal");
    assert!(matches!(*error.kind, ErrorKind::UnexpectedFile(_)), "{error:?}");
    assert_eq!(place.text("a.txt"), "A\n");
}

#[test]
fn a_file_with_another_name_is_written_in_place_where_that_is_asked_for() {
    let place = Place::new(&[("a.conf", "a\n")]);
    fs::hard_link(place.path("a.conf"), place.path("b.conf")).expect("a link");
    let error = place.commit("set", &[("a.conf", "A\n")]).expect_err("a refusal");
    assert!(matches!(*error.kind, ErrorKind::HardLinks { count: 2, .. }), "{error:?}");
    let state = place.state();
    let plan = || place.plan("set", &[("a.conf", "A\n")]);
    let options = CommitOptions { in_place: true };
    place.committer(&state).commit(options, &[], plan).map_err(only).expect("done");
    assert_eq!(place.text("b.conf"), "A\n");
}
