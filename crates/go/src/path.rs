//! Go's `path`, and `path/filepath` for systems with slashes.

/// The shortest equivalent path. Go: `path.Clean`.
pub fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let root: usize = usize::from(rooted);
    let mut out = Vec::with_capacity(path.len().max(1));
    out.extend(rooted.then_some(b'/'));
    // what `..` may not remove
    let mut kept = root;
    for element in path.split(|&b| b == b'/') {
        match element {
            b"" | b"." => {}
            b".." if out.len() > kept => {
                let parent = out.iter().rposition(|&b| b == b'/').unwrap_or(0);
                out.truncate(parent.max(kept));
            }
            b".." if rooted => {}
            _ => {
                if out.len() > root {
                    out.push(b'/');
                }
                out.extend_from_slice(element);
                if element == b".." {
                    kept = out.len();
                }
            }
        }
    }
    if out.is_empty() {
        out.push(b'.');
    }
    out
}

/// The last element. Go: `path.Base`.
pub fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let end = path.iter().rposition(|&b| b != b'/').map_or(0, |i| i + 1);
    match path.get(..end).and_then(|p| p.rsplit(|&b| b == b'/').next()) {
        None | Some([]) => b"/",
        Some(name) => name,
    }
}

/// The extension of the last element, with its dot. Go: `path.Ext`.
pub fn ext(path: &[u8]) -> &[u8] {
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or_default();
    name.iter().rposition(|&b| b == b'.').and_then(|dot| name.get(dot..)).unwrap_or_default()
}

/// Whether the whole name matches: `*` and `?` stop at a slash, `[...]` is a class, `\` quotes. `None` if the pattern is not
/// valid and the match got that far. Go: `filepath.Match`.
pub fn matches(pattern: &[char], name: &[char]) -> Option<bool> {
    let (mut pattern, mut name) = (pattern, name);
    'pattern: while !pattern.is_empty() {
        let (star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Some(!name.contains(&'/'));
        }
        let (after, ok) = match_chunk(chunk, name)?;
        // the last chunk has to use up the name, else a later place may match
        if ok && (after.is_empty() || !pattern.is_empty()) {
            name = after;
            continue;
        }
        if star {
            let mut left = name;
            while let Some((first, tail)) = left.split_first() {
                if *first == '/' {
                    break;
                }
                left = tail;
                let (after, ok) = match_chunk(chunk, left)?;
                if ok {
                    if pattern.is_empty() && !after.is_empty() {
                        continue;
                    }
                    name = after;
                    continue 'pattern;
                }
            }
        }
        return Some(false);
    }
    Some(name.is_empty())
}

/// Splits off the stars at the front and what follows up to the next star.
fn scan_chunk(pattern: &[char]) -> (bool, &[char], &[char]) {
    let stars = pattern.iter().take_while(|c| **c == '*').count();
    let pattern = pattern.get(stars..).unwrap_or_default();
    let mut in_range = false;
    let mut escaped = false;
    let mut end = pattern.len();
    for (i, c) in pattern.iter().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '[' => in_range = true,
            ']' => in_range = false,
            '*' if !in_range => {
                end = i;
                break;
            }
            _ => {}
        }
    }
    let (chunk, rest) = pattern.split_at_checked(end).unwrap_or((pattern, &[]));
    (stars > 0, chunk, rest)
}

/// Matches a chunk without stars at the front of `name`: what is left, and whether it matched. A chunk that failed is
/// read to its end, so that a wrong pattern is always found.
fn match_chunk<'n>(chunk: &[char], name: &'n [char]) -> Option<(&'n [char], bool)> {
    let (mut chunk, mut name) = (chunk, name);
    let mut failed = false;
    while let Some((c, rest)) = chunk.split_first() {
        failed |= name.is_empty();
        chunk = rest;
        let next = if failed { None } else { name.split_first() };
        match c {
            '[' => {
                let r = next.map(|(r, tail)| {
                    name = tail;
                    *r
                });
                let negated = chunk.first() == Some(&'^');
                if negated {
                    chunk = chunk.get(1..)?;
                }
                let mut found = false;
                let mut ranges = 0;
                loop {
                    if chunk.first() == Some(&']') && ranges > 0 {
                        chunk = chunk.get(1..)?;
                        break;
                    }
                    let lo = class_char(&mut chunk)?;
                    let mut hi = lo;
                    if chunk.first() == Some(&'-') {
                        chunk = chunk.get(1..)?;
                        hi = class_char(&mut chunk)?;
                    }
                    found |= r.is_some_and(|r| lo <= r && r <= hi);
                    ranges += 1;
                }
                failed |= found == negated;
            }
            '?' => {
                if let Some((r, tail)) = next {
                    failed |= *r == '/';
                    name = tail;
                }
            }
            c => {
                let mut want = *c;
                if want == '\\' {
                    let (quoted, rest) = chunk.split_first()?;
                    want = *quoted;
                    chunk = rest;
                }
                if let Some((r, tail)) = next {
                    failed |= *r != want;
                    name = tail;
                }
            }
        }
    }
    Some((name, !failed))
}

/// One character of a class, perhaps quoted.
fn class_char(chunk: &mut &[char]) -> Option<char> {
    let (mut c, mut rest) = chunk.split_first()?;
    if matches!(c, '-' | ']') {
        return None;
    }
    if *c == '\\' {
        (c, rest) = rest.split_first()?;
    }
    // a class needs its closing bracket
    if rest.is_empty() {
        return None;
    }
    *chunk = rest;
    Some(*c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn cleans() {
        for (path, want) in [
            ("", "."),
            ("a//b/./c/..", "a/b"),
            ("../../a", "../../a"),
            ("a/../..", ".."),
            ("a/../../b", "../b"),
            ("/../a", "/a"),
            ("/", "/"),
            ("./", "."),
            ("a/..", "."),
            ("/a/..", "/"),
        ] {
            assert_eq!(text(&clean(path.as_bytes())), want, "{path}");
        }
    }

    #[test]
    fn names_and_extensions() {
        for (path, name, extension) in [
            ("", ".", ""),
            ("/", "/", ""),
            ("///", "/", ""),
            ("a/b.tar.gz", "b.tar.gz", ".gz"),
            ("a.d/b", "b", ""),
            ("a/b/", "b", ""),
            (".bashrc", ".bashrc", ".bashrc"),
        ] {
            assert_eq!((text(base(path.as_bytes())), text(ext(path.as_bytes()))), (name, extension), "{path}");
        }
    }

    #[test]
    fn patterns_match() {
        for (pattern, name, want) in [
            ("abc", "abc", Some(true)),
            ("*", "abc", Some(true)),
            ("*c", "abc", Some(true)),
            ("a*", "ab/c", Some(false)),
            ("a*/b", "abc/b", Some(true)),
            ("a*/b", "a/c/b", Some(false)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Some(true)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", Some(false)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Some(true)),
            ("ab[c]", "abc", Some(true)),
            ("ab[b-d]", "abc", Some(true)),
            ("ab[^e-g]", "abc", Some(true)),
            ("ab[^b-d]", "abc", Some(false)),
            ("a\\*b", "a*b", Some(true)),
            ("a[^a]b", "a\u{263a}b", Some(true)),
            ("[a-\u{3b6}]*", "\u{3b1}", Some(true)),
            ("a?b", "a/b", Some(false)),
            ("[\\]a]", "]", Some(true)),
            ("[x\\-]", "-", Some(true)),
            ("[]a]", "]", None),
            ("[-]", "-", None),
            ("[x-]", "x", None),
            ("[a-b-c]", "a", None),
            ("[", "a", None),
            ("[^bc", "a", None),
            ("a[", "ab", None),
            ("a[", "x", None),
            ("a/b[", "x", None),
            ("x*[", "a", Some(false)),
            ("*x", "xxx", Some(true)),
            ("\\", "a", None),
            ("ab[e-g]", "abc", Some(false)),
            ("a\\*b", "ab", Some(false)),
            ("a???b", "aß☺b", Some(false)),
            ("[-x]", "x", None),
            ("[a-", "a", None),
            ("templates/*.yaml", "templates/a.yaml", Some(true)),
            ("templates/*.yaml", "templates/x/a.yaml", Some(false)),
            ("", "", Some(true)),
        ] {
            let [pattern_chars, name_chars] = [pattern, name].map(|text| text.chars().collect::<Vec<_>>());
            assert_eq!(matches(&pattern_chars, &name_chars), want, "{pattern} {name}");
        }
    }
}
