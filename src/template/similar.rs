//! The name that someone may have meant.

/// Names longer than this are not compared.
const MAX_LEN: usize = 64;
/// How many names are looked at.
const MAX_NAMES: usize = 1_000;

/// The one of `names` that differs least from `name`, where it differs little: a third of its letters, two at most.
pub(super) fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = (name.chars().count().div_ceil(3)).min(2);
    let close = |other: &'n str| {
        let distance = distance(name, other)?;
        (distance <= allowed).then_some((distance, other))
    };
    names.into_iter().take(MAX_NAMES).filter_map(close).min().map(|(_, name)| name)
}

/// Letters to add, drop, change or swap with their neighbour; case does not count.
fn distance(a: &str, b: &str) -> Option<usize> {
    if a.len() > MAX_LEN || b.len() > MAX_LEN || a.len().abs_diff(b.len()) > 8 {
        return None;
    }
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (a, b) = (lower(a), lower(b));
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&row, j) + usize::from(x != y)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = i > 0 && j > 0 && b.get(j - 1) == Some(x) && a.get(i - 1) == Some(y);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_is_found() {
        let names = ["image", "imagePullSecrets", "replicas", "toYaml", "nindent", "x"];
        for (name, expected) in [
            ("imgae", Some("image")),
            ("Image", Some("image")),
            ("toYAML", Some("toYaml")),
            ("toyml", Some("toYaml")),
            ("nident", Some("nindent")),
            ("replicaCount", None),
            ("y", Some("x")),
            ("abc", None),
        ] {
            assert_eq!(nearest(name, names), expected, "{name}");
        }
    }
}
