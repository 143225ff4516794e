//! Holds what the code's layout promises: who may use whom, how long files are, what they never contain.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms of the library, and the rooms below that each may use; all may use the crates below the library, which the
/// compiler holds, and what stands above the core the public API.
const ROOMS: &[(&str, &[&str])] = &[
    ("run", &[]),
    ("funcs", &[]),
    ("values", &["run"]),
    ("schema", &["run", "values"]),
    ("chart", &["run", "schema", "values"]),
    ("manifest", &["run"]),
    ("diff", &["manifest"]),
    ("stage", &["chart", "manifest", "run", "schema", "values"]),
    ("serve", &["stage"]),
    ("pipeline", &["stage"]),
    ("lint", &["manifest", "run", "schema", "values"]),
];

/// Where code and its data stand.
const FOLDERS: &[&str] = &["src", "crates", "tests", "benches", "examples", "charts"];

/// A file longer than this tells more than one story.
const MAX_LINES: usize = 1200;

#[test]
fn rooms_use_only_the_rooms_below_them() {
    let names: Vec<&str> = ROOMS.iter().map(|(name, _)| *name).collect();
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let Some((room, allowed)) = ROOMS.iter().find(|(name, _)| room_of(&path) == *name) else { continue };
        for (number, line) in code_lines(&text) {
            for used in crate_paths(line) {
                if used != *room && names.contains(&used) && !allowed.contains(&used) {
                    wrong.push(format!("{}:{number}: {room} uses {used}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_short() {
    let long: Vec<_> = FOLDERS
        .iter()
        .flat_map(|folder| sources(folder))
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn nothing_is_left_to_do_later() {
    // put together here, so that this file passes
    let marks = [
        concat!("todo", "!("),
        concat!("unimpl", "emented!("),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("X", "XX "),
    ];
    hold_no(&marks);
}

#[test]
fn no_path_of_one_machine_is_left() {
    let marks = [
        concat!("/ho", "me/"),
        concat!("/wo", "rk/"),
        concat!("/Us", "ers/"),
        concat!("/ro", "ot/"),
        concat!("C:", "\\Users"),
    ];
    hold_no(&marks);
}

fn hold_no(marks: &[&str]) {
    let mut wrong = Vec::new();
    for (path, text) in FOLDERS.iter().flat_map(|folder| files(folder, |_| true)) {
        for (i, line) in text.lines().enumerate() {
            wrong.extend(
                marks
                    .iter()
                    .filter(|mark| line.contains(*mark))
                    .map(|mark| format!("{}:{}: {mark}", path.display(), i + 1)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The room of a file: the first name below `src`.
fn room_of(path: &Path) -> &str {
    path.iter().nth(1).and_then(|part| part.to_str()).map_or("", |part| part.trim_end_matches(".rs"))
}

/// The lines of a file that are no comments, with their numbers.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The first names of the paths that start with `crate::`, those in braces too.
fn crate_paths(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(group.split(&[',', '}']).map(|part| first_name(part.trim())));
        } else {
            found.push(first_name(rest));
        }
    }
    found
}

fn first_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    files(folder, |path| path.extension().is_some_and(|extension| extension == "rs"))
}

/// The text files below a folder of the package, with their paths from the package's root, in order.
fn files(folder: &str, wanted: fn(&Path) -> bool) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if wanted(&path)
                && let Ok(text) = fs::read_to_string(&path)
            {
                found.push((path.strip_prefix(root).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    found
}
