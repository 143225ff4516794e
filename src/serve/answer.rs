//! Answers in JSON, with errors in the form of Spring Boot. Orca displays the list `errors` unchanged.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::stage::{Failure, middle_out};

/// Why a request failed.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// The bake failed.
    Failure(Failure),
    /// The service is busy.
    Busy(&'static str),
    /// The body is too large.
    TooLarge(u64),
    /// The body is missing or broken.
    Broken(String),
    /// The request took too long, outside the bake.
    Late,
    /// The bake panicked.
    Panic,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Refusal::Failure(failure)
    }
}

impl Refusal {
    /// The status; with `rosco`, the one that Rosco returns.
    pub(super) fn status(&self, rosco: bool) -> StatusCode {
        match self {
            Refusal::Failure(failure) => {
                let status = if rosco { failure.rosco_status() } else { failure.status() };
                // a store may return any status; a failed fetch must be an error here
                StatusCode::from_u16(status).ok().filter(|s| s.as_u16() >= 400).unwrap_or(StatusCode::BAD_GATEWAY)
            }
            Refusal::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Broken(_) => StatusCode::BAD_REQUEST,
            Refusal::Late => StatusCode::REQUEST_TIMEOUT,
            Refusal::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The kind as one word, for metrics and the log.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Refusal::Failure(failure) => failure.kind(),
            Refusal::Busy(_) => "busy",
            Refusal::TooLarge(_) => "body-too-large",
            Refusal::Broken(_) => "body-broken",
            Refusal::Late => "timeout",
            Refusal::Panic => "panic",
        }
    }

    fn message(&self) -> String {
        match self {
            Refusal::Failure(failure) => failure.message().into_owned(),
            Refusal::Busy(why) => format!("{why}: try again later"),
            Refusal::TooLarge(max) => format!("the body is larger than {max} bytes"),
            Refusal::Broken(why) => format!("the body could not be read: {why}"),
            Refusal::Late => "the request took too long".to_owned(),
            Refusal::Panic => {
                "the bake failed because of a bug in this program; please report it with the chart".to_owned()
            }
        }
    }

    /// The whole answer.
    pub(super) fn answer(&self, rosco: bool, request_id: &str) -> Response<Body> {
        let mut more = Map::new();
        if let Refusal::Failure(failure) = self {
            more.insert("errors".to_owned(), failure.lines().into());
            if let Some(Value::Object(mut error)) = failure.error().map(crate::Error::to_json) {
                error.remove("message");
                if let Some(Value::Array(chain)) = error.get_mut("chain") {
                    *chain = middle_out(std::mem::take(chain), |left| json!({ "leftOut": left }));
                }
                more.extend(error);
            }
        }
        more.entry("errors").or_insert_with(|| vec![self.message()].into());
        more.insert("kind".to_owned(), self.kind().into());
        more.insert("requestId".to_owned(), request_id.into());
        let mut answer = spring(self.status(rosco), &self.message(), more);
        if matches!(self, Refusal::Busy(_)) {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        answer
    }
}

/// An error in the form of Spring Boot, with additional fields.
pub(super) fn spring(status: StatusCode, message: &str, more: Map<String, Value>) -> Response<Body> {
    let mut body = json!({
        "timestamp": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00").to_string(),
        "status": status.as_u16(),
        "error": status.canonical_reason().unwrap_or("Error"),
        "message": message,
    });
    if let Value::Object(fields) = &mut body {
        fields.extend(more);
    }
    let mut answer = text("application/json", body.to_string());
    *answer.status_mut() = status;
    answer
}

/// A successful answer with this content type.
pub(super) fn text(content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(body.into());
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
