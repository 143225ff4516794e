//! Compares two texts line by line, in about linear time for any input.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

/// A line of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'t> {
    /// It is in both texts.
    Both(&'t str),
    /// It is in the old text.
    Old(&'t str),
    /// It is in the new text.
    New(&'t str),
}

/// A group of changed lines with context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk<'t> {
    /// `@@ -1,4 +1,5 @@`
    pub head: String,
    pub lines: Vec<Line<'t>>,
}

/// The differences between two texts, with `context` lines around each change.
pub(super) fn hunks<'t>(old: &'t str, new: &'t str, context: usize) -> Vec<Hunk<'t>> {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let changes: Vec<(Range<usize>, Range<usize>)> =
        diff.hunks().map(|hunk| (range(&hunk.before), range(&hunk.after))).collect();
    let mut found = Vec::new();
    // changes with overlapping context share a hunk
    for group in changes.chunk_by(|(a, _), (b, _)| b.start - a.end <= context.saturating_mul(2)) {
        let (Some((first, first_new)), Some((last, last_new))) = (group.first(), group.last()) else { continue };
        let lead = context.min(first.start);
        let tail = context.min(before.len().saturating_sub(last.end));
        let (old, new) = (first.start - lead..last.end + tail, first_new.start - lead..last_new.end + tail);
        let slice = |lines: &[&'t str], range: Range<usize>| lines.get(range).unwrap_or_default().to_vec();
        let mut lines = Vec::with_capacity(old.len() + new.len());
        let mut at = old.start;
        for (gone, come) in group {
            lines.extend(slice(&before, at..gone.start).into_iter().map(Line::Both));
            lines.extend(slice(&before, gone.clone()).into_iter().map(Line::Old));
            lines.extend(slice(&after, come.clone()).into_iter().map(Line::New));
            at = gone.end;
        }
        lines.extend(slice(&before, at..old.end).into_iter().map(Line::Both));
        found.push(Hunk { head: format!("@@ -{} +{} @@", numbers(&old), numbers(&new)), lines });
    }
    found
}

fn range(lines: &Range<u32>) -> Range<usize> {
    lines.start as usize..lines.end as usize
}

/// A range of lines in the header of a hunk: 1-based; an empty range has the line before it.
fn numbers(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        len => format!("{},{len}", lines.start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(old: &str, new: &str, context: usize) -> String {
        let mut out = String::new();
        for hunk in hunks(old, new, context) {
            out.push_str(&hunk.head);
            for line in hunk.lines {
                let (sign, text) = match line {
                    Line::Both(text) => (" ", text),
                    Line::Old(text) => ("-", text),
                    Line::New(text) => ("+", text),
                };
                out.extend(["\n", sign, text]);
            }
            out.push('\n');
        }
        out
    }

    #[test]
    fn changes_have_lines_around_them() {
        for (old, new, context, want) in [
            ("a\n", "a\n", 3, ""),
            ("", "a\nb\n", 3, "@@ -0,0 +1,2 @@\n+a\n+b\n"),
            ("a\n", "", 3, "@@ -1 +0,0 @@\n-a\n"),
            ("a\nb\nc\n", "a\nx\nc\n", 0, "@@ -2 +2 @@\n-b\n+x\n"),
            ("a\nb\nc\n", "a\nx\nc\n", usize::MAX, "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"),
            (
                "1\n2\n3\n4\n5\n6\n",
                "x\n2\n3\n4\n5\ny\n",
                1,
                "@@ -1,2 +1,2 @@\n-1\n+x\n 2\n@@ -5,2 +5,2 @@\n 5\n-6\n+y\n",
            ),
            ("1\n2\n3\n", "x\n2\ny\n", 1, "@@ -1,3 +1,3 @@\n-1\n+x\n 2\n-3\n+y\n"),
        ] {
            assert_eq!(show(old, new, context), want, "{old:?} {new:?}");
        }
    }

    #[test]
    fn texts_that_have_nothing_or_everything_in_common_take_no_longer() {
        let text = |f: &dyn Fn(u32) -> u32| (0..20_000).map(|i| format!("- {}", f(i))).collect::<Vec<_>>().join("\n");
        // few lines, in no order
        let mixed = |seed: u32| text(&move |i| (i ^ seed).wrapping_mul(2_654_435_761) >> 26);
        for (old, new) in
            [(text(&|i| i), text(&|i| i + 1_000_000)), (mixed(1), mixed(77)), (text(&|_| 1), text(&|i| i % 2))]
        {
            assert!(!hunks(&old, &new, 3).is_empty());
        }
    }
}
