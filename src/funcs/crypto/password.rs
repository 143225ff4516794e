//! Password hashes, derived passwords, AES. Sprig: `crypto.go`.

use aes::Aes256;
use aes::cipher::block_padding::{NoPadding, Pkcs7};
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::fail;
use crate::error::Result;
use crate::funcs::args;
use crate::funcs::encoding::decode64;
use crate::template::Context;
use crate::value::Value;

pub(super) fn bcrypt(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::str(hash_password(cx, args::bytes(args, 0))?))
}

pub(super) fn htpasswd(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let (user, password) = (args::bytes(args, 0), args::bytes(args, 1));
    if user.contains(&b':') {
        return Ok(Value::str([b"invalid username: ", user].concat()));
    }
    let hash = hash_password(cx, password)?;
    Ok(Value::str([user, b":", hash.as_bytes()].concat()))
}

/// A password derived from a master password, as <https://spectre.app> (formerly Master Password) does.
pub(super) fn derive_password(_cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    const SCOPE: &[u8] = b"com.lyndir.masterpassword";
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the parameter is a uint32
    let counter = args::int(args, 0) as u32;
    let kind = args::bytes(args, 1);
    let (password, user, site) = (args::bytes(args, 2), args::bytes(args, 3), args::bytes(args, 4));
    let Some((_, templates)) = TEMPLATES.iter().find(|(name, _)| name.as_bytes() == kind) else {
        return Ok(Value::str([b"cannot find password template ", kind].concat()));
    };
    let length = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();

    let salt = [SCOPE, &length(user), user].concat();
    let mut key = [0; 64];
    let derived = scrypt::Params::new(15, 8, 2, 64).map(|cost| scrypt::scrypt(password, &salt, &cost, &mut key));
    if !matches!(derived, Ok(Ok(()))) {
        return Ok(Value::str("failed to derive password: scrypt: parameters are too large"));
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return fail("hmac: no key") };
    for part in [SCOPE, &length(site), site, &counter.to_be_bytes()] {
        mac.update(part);
    }
    let seed = mac.finalize().into_bytes();
    let mut seed = seed.iter().map(|byte| usize::from(*byte));
    let template = seed.next().and_then(|first| templates.get(first % templates.len())).copied().unwrap_or_default();
    let text: Vec<u8> = template
        .bytes()
        .zip(seed)
        .filter_map(|(class, byte)| {
            let characters = class_characters(class);
            characters.get(byte % characters.len().max(1)).copied()
        })
        .collect();
    Ok(Value::str(text))
}

pub(super) fn encrypt_aes(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let text = args::bytes(args, 1);
    if text.is_empty() {
        return Ok(Value::str(""));
    }
    cx.budget().charge(text.len() as u64 * 3)?;
    let mut iv = [0; BLOCK];
    args::env(cx)?.host.random(&mut iv)?;
    let cipher = cbc::Encryptor::<Aes256>::new(&aes_key(args::bytes(args, 0)).into(), &iv.into());
    let sealed = cipher.encrypt_padded_vec_mut::<Pkcs7>(text);
    Ok(Value::str(BASE64.encode(&[&iv[..], &sealed].concat())))
}

pub(super) fn decrypt_aes(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let text = args::bytes(args, 1);
    if text.is_empty() {
        return Ok(Value::str(""));
    }
    cx.budget().charge(text.len() as u64 * 2)?;
    let bytes = match decode64(text) {
        Ok(bytes) => bytes,
        Err(at) => return fail(format!("illegal base64 data at input byte {at}")),
    };
    // Sprig does not check lengths; these are the panics that Go turns into errors
    let capacity = text.len() / 4 * 3;
    if capacity < BLOCK {
        return fail(format!("runtime error: slice bounds out of range [:16] with capacity {capacity}"));
    }
    let Some((iv, sealed)) = bytes.split_at_checked(BLOCK) else {
        return fail(format!("runtime error: slice bounds out of range [16:{}]", bytes.len()));
    };
    if sealed.len() % BLOCK != 0 {
        return fail("crypto/cipher: input not full blocks");
    }
    let Ok(cipher) = cbc::Decryptor::<Aes256>::new_from_slices(&aes_key(args::bytes(args, 0)), iv) else {
        return fail("crypto/aes: invalid key size");
    };
    let Ok(mut plain) = cipher.decrypt_padded_vec_mut::<NoPadding>(sealed) else {
        return fail("crypto/cipher: input not full blocks");
    };
    let Some(padding) = plain.last().copied() else { return fail("runtime error: index out of range [-1]") };
    let padding = usize::from(padding);
    let Some(length) = plain.len().checked_sub(padding) else {
        let missing = padding - plain.len();
        return fail(format!("runtime error: slice bounds out of range [:-{missing}]"));
    };
    plain.truncate(length);
    Ok(Value::str(plain))
}

const BLOCK: usize = 16;

/// The first 32 bytes of the password, padded with zeros.
fn aes_key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    for (slot, byte) in key.iter_mut().zip(password) {
        *slot = *byte;
    }
    key
}

fn hash_password(cx: &dyn Context, password: &[u8]) -> Result<String> {
    const COST: u32 = 10;
    if password.len() > 72 {
        return Ok("failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_owned());
    }
    let mut salt = [0; 16];
    args::env(cx)?.host.random(&mut salt)?;
    Ok(match ::bcrypt::hash_with_salt(password, COST, salt) {
        Ok(hash) => hash.format_for_version(::bcrypt::Version::TwoA),
        Err(error) => format!("failed to encrypt string with bcrypt: {error}"),
    })
}

const TEMPLATES: &[(&str, &[&str])] = &[
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];

/// The characters that a letter of a password template stands for.
fn class_characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        b'x' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funcs::testing::{FakeContext, text};

    fn derive(counter: u64, rest: [&str; 4]) -> String {
        let mut args = vec![Value::Uint64(counter)];
        args.extend(rest.map(Value::from));
        text(derive_password(&mut FakeContext::default(), &args))
    }

    #[test]
    fn passwords_are_derived_as_sprig_does() {
        let rows = [
            (0, ["long", "", "", ""], "Rozi8;WilbQoyu"),
            (1, ["short", "password", "user", "example.com"], "Zed5"),
            (1, ["maximum", "password", "user", "example.com"], "pf4zS1LjCg&LjhsZ7T2~"),
            (4_294_967_296, ["long", "p", "u", "s"], "WupeHanuFiyi6@"),
            (4_294_967_295, ["long", "p", "u", "s"], "TevwJixhQoko8:"),
            (1, ["long", "비밀번호", "사용자", "사이트"], "KafaGedlNatv3_"),
            (1, ["basic", "password", "user", "example.com"], "pIS54PLs"),
            (1, ["Long", "p", "u", "s"], "cannot find password template Long"),
        ];
        for (counter, rest, expected) in rows {
            assert_eq!(derive(counter, rest), expected);
        }
    }

    fn decrypt(password: &str, sealed: &str) -> String {
        text(decrypt_aes(&mut FakeContext::default(), &[password.into(), sealed.into()]))
    }

    #[test]
    fn aes_reads_what_sprig_wrote() {
        let rows = [
            ("secretkey", "iXBwbWOHbLD4NAkOgB9JV/wRf26JxbZIsK58518dTc8=", "hello world"),
            ("a password longer than thirty-two", "Vi4W3tXQwznEHCS3w5WUm1F2Nn7FBd94+C53SeKbnx8=", "x"),
            ("key", "", ""),
            ("key", "!!!", "illegal base64 data at input byte 0"),
            ("key", "YQ==", "runtime error: slice bounds out of range [:16] with capacity 3"),
            ("key", "MDEyMzQ1Njc4OWFiY2RlZg==", "runtime error: index out of range [-1]"),
            ("key", "MDEyMzQ1Njc4OWFiY2RlZmc=", "crypto/cipher: input not full blocks"),
            (
                "wrongkey",
                "iXBwbWOHbLD4NAkOgB9JV/wRf26JxbZIsK58518dTc8=",
                "runtime error: slice bounds out of range [:-10]",
            ),
        ];
        for (password, sealed, expected) in rows {
            assert_eq!(decrypt(password, sealed), expected, "{sealed}");
        }
    }

    #[test]
    fn aes_round_trips() {
        for plain in ["plain", "한글 😀", "0123456789abcdef"] {
            let sealed = text(encrypt_aes(&mut FakeContext::default(), &["key".into(), plain.into()]));
            assert_eq!(decrypt("key", &sealed), plain);
        }
    }

    #[test]
    fn hashes_are_bcrypts() {
        let hash = text(bcrypt(&mut FakeContext::default(), &["secret".into()]));
        assert!(hash.starts_with("$2a$10$") && hash.len() == 60, "{hash}");
        assert!(::bcrypt::verify("secret", &hash).unwrap());
        // Go's hashes: with the same salt both make the same
        for (password, hash) in [
            ("pass", "$2a$10$gdZmvufMbxashjd8FSSt1eioWSZM/HPdoM6frIriCBoouV4Hv7owe"),
            ("한글 pässword", "$2a$10$C7GcI9bkl6lqaK2JiGM0hOPbhYFBqGkszXlCeakogH.pWBVxwTLlK"),
            ("", "$2a$10$e4q72xTuhyqTVgPjdzkzAOYcJ.geJr.tIJBpc6KUxCFYci0kAYG1i"),
        ] {
            assert!(::bcrypt::verify(password, hash).unwrap(), "{password}");
            assert!(!::bcrypt::verify("other", hash).unwrap(), "{password}");
        }
        let long = "x".repeat(73);
        assert_eq!(
            text(htpasswd(&mut FakeContext::default(), &["user".into(), long.as_str().into()])),
            "user:failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
        );
        assert_eq!(
            text(htpasswd(&mut FakeContext::default(), &["us:er".into(), "pass".into()])),
            "invalid username: us:er"
        );
    }
}
