//! Requests to a Spinnaker installation: who asks, how long it waits, and what is tried again.
#![allow(clippy::disallowed_methods)] // a token file is read again for each request

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};

use crate::{Error, ErrorKind, Json, Result};

/// How a client proves who it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Auth {
    /// Not at all: Front50 within a cluster.
    #[default]
    None,
    /// A name and a password.
    Basic(String, String),
    /// A bearer token: an API token.
    Bearer(String),
    /// A bearer token from a file, which is read again for each request since such tokens expire.
    BearerFile(PathBuf),
}

/// How requests are made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpOptions {
    /// Who asks.
    pub auth: Auth,
    /// The user on whose behalf: `X-SPINNAKER-USER`.
    pub user: Option<String>,
    /// The certificate and the key of the client, in one PEM text.
    pub identity: Option<Vec<u8>>,
    /// Certificates of authorities beside those of the system, in PEM.
    pub authorities: Vec<u8>,
    /// The longest time of one request.
    pub timeout: Duration,
    /// How often a request that failed on the way is tried again.
    pub retries: u32,
    /// The pause before the first retry; it doubles with each.
    pub pause: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        HttpOptions {
            auth: Auth::None,
            user: None,
            identity: None,
            authorities: Vec::new(),
            timeout: Duration::from_mins(1),
            retries: 3,
            pause: Duration::from_millis(300),
        }
    }
}

/// A client of one address.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    base: Url,
    options: HttpOptions,
}

/// An answer that is no error of the way to the server.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    /// What was asked, without credentials.
    pub(super) asked: String,
}

impl Http {
    pub(super) fn new(base: &str, options: HttpOptions) -> Result<Http> {
        let refused = |why: String| Error::new(ErrorKind::Usage, format!("{base}: {why}"));
        let mut address = Url::parse(base).map_err(|error| refused(format!("is not an address: {error}")))?;
        if !["http", "https"].contains(&address.scheme()) {
            return Err(refused("an address begins with http:// or https://".to_owned()));
        }
        if !address.path().ends_with('/') {
            address.set_path(&format!("{}/", address.path()));
        }
        // a redirect leads to a login page, and following it would take its text for an answer
        let mut client = Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(options.timeout);
        let unread = |what: &str, error: reqwest::Error| refused(format!("{what} cannot be read: {error}"));
        if !options.authorities.is_empty() {
            let all = reqwest::Certificate::from_pem_bundle(&options.authorities);
            for one in all.map_err(|error| unread("the certificate authority", error))? {
                client = client.add_root_certificate(one);
            }
        }
        if let Some(identity) = &options.identity {
            let identity =
                reqwest::Identity::from_pem(identity).map_err(|error| unread("the client certificate", error))?;
            client = client.identity(identity);
        }
        let client = client.build().map_err(|error| refused(error.to_string()))?;
        Ok(Http { client, base: address, options })
    }

    /// The address without credentials.
    pub(super) fn name(&self) -> String {
        let mut shown = self.base.clone();
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown.as_str().trim_end_matches('/').to_owned()
    }

    /// Asks at a path below the address, and again where the way there failed. All requests here can be repeated: they read, or
    /// save a whole pipeline by its id, or delete by name.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Json>,
    ) -> Result<Answer> {
        let mut address = self.base.clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let asked = format!("{method} {}/{}", self.name(), path.join("/"));
        let mut pause = self.options.pause;
        let mut tries = 0;
        loop {
            let request = self.client.request(method.clone(), address.clone()).query(query);
            let request = match body {
                Some(body) => request.header("content-type", "application/json").body(body.to_string()),
                None => request,
            };
            let failed = match self.with_user(request)?.send().await {
                Ok(answer) => {
                    let status = answer.status();
                    let may_pass = matches!(status.as_u16(), 429 | 502 | 503 | 504);
                    match answer.bytes().await {
                        Ok(body) if !may_pass || tries >= self.options.retries => {
                            return Self::checked(Answer { status, body: body.to_vec(), asked });
                        }
                        Ok(_) => None,
                        Err(error) => Some(error),
                    }
                }
                Err(error) => Some(error),
            };
            if let Some(error) = failed.filter(|_| tries >= self.options.retries) {
                let why = if error.is_timeout() {
                    format!("no answer within {} s", self.options.timeout.as_secs())
                } else {
                    root(&error)
                };
                return Err(Error::new(ErrorKind::Store, format!("{asked}: {why}")).with_source(error.without_url()));
            }
            tries += 1;
            tokio::time::sleep(jitter(pause)).await;
            pause *= 2;
        }
    }

    fn with_user(&self, request: RequestBuilder) -> Result<RequestBuilder> {
        let request = match &self.options.auth {
            Auth::None => request,
            Auth::Basic(name, password) => request.basic_auth(name, Some(password)),
            Auth::Bearer(token) => request.bearer_auth(token),
            Auth::BearerFile(file) => {
                let token = fs::read_to_string(file).map_err(|error| Error::io(file, error))?;
                request.bearer_auth(token.trim())
            }
        };
        Ok(match &self.options.user {
            Some(user) => request.header("X-SPINNAKER-USER", user),
            None => request,
        })
    }

    /// An answer, unless it says that somebody has to log in first.
    fn checked(answer: Answer) -> Result<Answer> {
        let Answer { status, asked, .. } = &answer;
        let refused = |why: &str, fix: &str| {
            Err(Error::new(ErrorKind::Store, format!("{asked}: {} {why}", status.as_u16())).with_hint(fix.to_owned()))
        };
        match status.as_u16() {
            300..=399 => refused(
                "the server redirects, most likely to a login page",
                "give a token, or the address of the API itself",
            ),
            401 => refused("the server does not know who asks", "give a token, a password or a client certificate"),
            403 => refused("the server does not allow it", "the user needs write access to the application"),
            _ => Ok(answer),
        }
    }
}

impl Answer {
    /// The body of a success.
    ///
    /// Errors: the status is another one; the error has what the server says.
    pub(super) fn json(&self) -> Result<Json> {
        if !self.status.is_success() {
            return Err(self.error());
        }
        Json::read(&self.body).map_err(|error| {
            Error::new(ErrorKind::Store, format!("{}: the answer is not JSON: {error}", self.asked))
                .with_hint("is this the address of the API? A user interface answers with a page".to_owned())
        })
    }

    /// What the server says is wrong.
    pub(super) fn error(&self) -> Error {
        Error::new(ErrorKind::Store, format!("{}: {} {}", self.asked, self.status.as_u16(), self.message()))
    }

    pub(super) fn message(&self) -> String {
        let json = Json::read(&self.body).ok();
        let said = json.as_ref().and_then(|json| json.get("message").or_else(|| json.get("error"))?.as_str());
        let text = said.map_or_else(|| String::from_utf8_lossy(&self.body).into_owned(), str::to_owned);
        let line: String = text.lines().next().unwrap_or_default().chars().take(300).collect();
        if line.is_empty() { self.status.canonical_reason().unwrap_or("without a reason").to_owned() } else { line }
    }
}

/// The innermost reason of an error, which is what people can act on.
fn root(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// A pause, up to half longer by chance, so that clients do not come back all at once.
fn jitter(pause: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    // without randomness all clients wait as long
    let _ = getrandom::fill(&mut byte);
    pause + pause * u32::from(byte[0]) / 512
}
