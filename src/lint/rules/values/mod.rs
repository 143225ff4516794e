//! Rules for the text of values files.

pub(super) mod changed_kind;
pub(super) mod duplicate_key;
pub(super) mod encrypted_value;
pub(super) mod mangled_scalar;
pub(super) mod redundant_value;
pub(super) mod removes_nothing;
pub(super) mod replaced_list;
pub(super) mod second_document;
pub(super) mod spinnaker_expression;
pub(super) mod unknown_rule;
