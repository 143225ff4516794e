//! How many bytes of values a second the YAML reader takes.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)] // no library

use std::fmt::Write;
use std::hint::black_box;

use bake::limits::Budget;
use bake::yaml;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Values as charts have them: nested mappings, lists, comments, quoted text, block scalars, numbers.
fn values(services: usize) -> String {
    let mut out = String::from("# values of a shop\nglobal:\n  domain: shop.example.com\n");
    for i in 0..services {
        let _ = write!(
            out,
            r#"
service{i}:
  # the image; the tag is set by the pipeline
  image:
    repository: registry.example.com/shop/service{i}
    tag: "1.{i}.0"
    pullPolicy: IfNotPresent
  replicas: {i}
  enabled: true
  ports:
    - name: http
      containerPort: 8080
      protocol: TCP
    - {{name: metrics, containerPort: 9090}}
  env:
    DB_URL: postgres://$(DB_USER)@$(DB_HOST)/service{i}
    JAVA_OPTS: '-Xmx512m -XX:+UseG1GC'
    GREETING: "hello\nworld"
  resources:
    limits: {{cpu: 500m, memory: 512Mi}}
    requests:
      cpu: 0.1
      memory: 128Mi
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/path: /metrics
  config: |
    [server]
    listen = "0.0.0.0:8080"

    [log]
    level = "info"
  nodeSelector: {{}}
  tolerations: []
  affinity:
    # -- keep the pods apart
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 100
          podAffinityTerm:
            topologyKey: kubernetes.io/hostname
            labelSelector:
              matchLabels:
                app: service{i}
"#
        );
    }
    out
}

fn read(c: &mut Criterion) {
    let budget = Budget::default();
    for services in [3, 300] {
        let text = values(services);
        let mut group = c.benchmark_group("yaml");
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("read/{} KB", text.len() / 1000), |b| {
            b.iter(|| black_box(yaml::read(black_box(text.as_bytes()), &budget)).is_ok());
        });
        group.finish();
    }
}

criterion_group!(benches, read);
criterion_main!(benches);
