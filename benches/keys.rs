//! Keys and certificates that templates make. Pinned to one core (`taskset -c 0`) it shows what the second thread of the
//! search for primes is worth.
#![allow(missing_docs, clippy::unwrap_used)] // no library

use std::hint::black_box;
use std::time::Duration;

use bake::chart::File;
use bake::{Bake, Chart, Limits};
use criterion::{Criterion, criterion_group, criterion_main};

const TEMPLATES: &[(&str, &str)] = &[
    ("genCA", "{{ (genCA \"authority\" 365).Cert }}"),
    ("genPrivateKey rsa", "{{ genPrivateKey \"rsa\" }}"),
    ("genPrivateKey dsa", "{{ genPrivateKey \"dsa\" }}"),
    ("genPrivateKey ecdsa", "{{ genPrivateKey \"ecdsa\" }}"),
];

fn keys(c: &mut Criterion) {
    let mut group = c.benchmark_group("keys");
    // how long a search takes is a matter of luck: what counts is the mean of many
    group.sample_size(20).measurement_time(Duration::from_secs(20));
    for (name, template) in TEMPLATES {
        let file = |name: &str, text: &str| File { name: name.to_owned(), data: text.into() };
        let files =
            vec![file("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"), file("templates/t.txt", template)];
        let chart = Chart::from_files(files, &Limits::helm()).unwrap();
        group.bench_function(*name, |b| {
            b.iter(|| black_box(Bake::new(&chart).prepare().unwrap().render_files().unwrap()));
        });
    }
    group.finish();
}

criterion_group!(benches, keys);
criterion_main!(benches);
