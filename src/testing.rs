//! For tests of charts and values: manifests as text that is the same in every run, for snapshots.
//!
//! ```
//! let text = bake::testing::app("testdata/apps/deploy-values/sample/web/frontend", "prod")?;
//! // insta::assert_snapshot!(text);
//! assert!(text.contains("kind: Deployment"));
//! # Ok::<(), bake::Error>(())
//! ```

use std::path::Path;
use std::sync::Arc;

use crate::bake::{Bake, Chart};
use crate::error::Result;
use crate::host::FixedHost;
use crate::project::{BakeOptions, Project};

/// The output of `bake APP --stack STACK`, with a fixed clock and the same randomness every time.
///
/// Errors: those of the bakes, with their diagnostics.
pub fn app(folder: impl AsRef<Path>, stack: &str) -> Result<String> {
    let folder = folder.as_ref();
    let project = Project::find(folder)?;
    let options = BakeOptions { host: fixed_host(), ..BakeOptions::default() };
    let baked = project.baker(options).bake(&project.service_at(folder)?, stack)?;
    Ok(baked.iter().map(|baked| baked.manifest.to_string()).collect())
}

/// The output of `helm template` for a chart with these values (YAML), under the conditions of [`app`].
///
/// Errors: those of the bake.
pub fn chart(chart: &Chart, values: &str) -> Result<String> {
    manifest(Bake::new(chart).values_text("values.yaml", values.as_bytes()))
}

/// The output of a bake, under the conditions of [`app`].
///
/// Errors: those of the bake.
pub fn manifest(bake: Bake<'_>) -> Result<String> {
    Ok(bake.host(fixed_host()).render()?.to_string())
}

fn fixed_host() -> Arc<FixedHost> {
    Arc::new(FixedHost::new((0, 0), 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::File;
    use crate::limits::Limits;

    #[test]
    fn the_same_text_every_time() {
        let file = |name: &str, text: &str| File { name: name.to_owned(), data: text.into() };
        let files = vec![
            file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
            file("templates/a.yaml", "a: {{ randAlphaNum 8 }}\nb: {{ now }}\nc: {{ .Values.c }}\n"),
        ];
        let c = Chart::from_files(files, &Limits::helm()).unwrap();
        let text = chart(&c, "c: 1").unwrap();
        assert_eq!(text, chart(&c, "c: 1").unwrap());
        assert!(text.contains("c: 1\n") && text.contains("b: 1970-01-01 00:00:00 +0000 UTC"), "{text}");
    }
}
