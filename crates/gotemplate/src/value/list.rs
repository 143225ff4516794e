//! A Go slice: a window of a shared array, with spare capacity that `slice` can reach.
//!
//! Only `sortAlpha` changes the items of a list: it sorts a `[]string` in place, and all slices of the array see it. The array
//! then keeps its old items and gets a new version, so references into it remain valid.

use std::cell::OnceCell;
use std::rc::Rc;

use super::{Kind, Map, MapType, Str, Value};
use crate::limits::live;

/// Bytes that an item takes.
const ITEM: usize = size_of::<Value>();
/// Bytes that an array takes beside its items.
const HEAD: usize = 96;

/// The element type of a slice: it shows in `%T` and in what functions accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elem {
    /// `[]interface {}`
    Any,
    /// `[]string`
    Str,
    /// `[]int`
    Int,
    /// `[]map[string]interface {}`
    Map,
    /// `[][]interface {}`
    List,
}

impl Elem {
    /// The name of the slice type.
    pub fn slice_name(self) -> &'static str {
        match self {
            Elem::Any => "[]interface {}",
            Elem::Str => "[]string",
            Elem::Int => "[]int",
            Elem::Map => "[]map[string]interface {}",
            Elem::List => "[][]interface {}",
        }
    }

    /// The name of the element type.
    pub fn name(self) -> &'static str {
        match self {
            Elem::Any => "interface {}",
            Elem::Str => "string",
            Elem::Int => "int",
            Elem::Map => "map[string]interface {}",
            Elem::List => "[]interface {}",
        }
    }

    /// The static kind of an element: [`Kind::Interface`] for `[]interface {}`.
    pub fn kind(self) -> Kind {
        match self {
            Elem::Any => Kind::Interface,
            Elem::Str => Kind::String,
            Elem::Int => Kind::Int,
            Elem::Map => Kind::Map,
            Elem::List => Kind::Slice,
        }
    }

    /// The zero value of an element.
    fn zero(self) -> Value {
        match self {
            Elem::Any => Value::Nil,
            Elem::Str => Value::Str(Str::default()),
            Elem::Int => Value::Int(0),
            Elem::Map => Value::Map(Map::nil(MapType::Any)),
            Elem::List => Value::List(List::nil(Elem::Any)),
        }
    }

    /// The capacity of a slice after `append` has grown it to `len`. Go: `nextslicecap` and `roundupsize` in the runtime.
    fn grown(self, cap: usize, len: usize) -> usize {
        const THRESHOLD: usize = 256;
        let mut wanted = cap;
        if len > 2 * cap {
            wanted = len;
        } else if cap < THRESHOLD {
            wanted = 2 * cap;
        } else {
            while wanted < len {
                wanted += (wanted + 3 * THRESHOLD) / 4;
            }
        }
        let (width, pointers) = match self {
            Elem::Any | Elem::Str => (16, true),
            Elem::Int => (8, false),
            Elem::Map => (8, true),
            Elem::List => (24, true),
        };
        allocated(wanted * width, pointers) / width
    }
}

/// Bytes that Go's allocator hands out where `bytes` are wanted.
fn allocated(bytes: usize, pointers: bool) -> usize {
    const PAGE: usize = 8 << 10;
    // a block with pointers has a header once it is larger than this
    let header = if pointers && bytes > 512 { 8 } else { 0 };
    match SIZES.iter().find(|size| **size >= bytes + header) {
        Some(size) => size - header,
        None => bytes.next_multiple_of(PAGE),
    }
}

/// The sizes of small blocks. Go: `internal/runtime/gc/sizeclasses.go`.
const SIZES: [usize; 67] = [
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
    512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864,
    5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480,
    21760, 24576, 27264, 28672, 32768,
];

/// A slice: a window of an array. Windows begin and end below 2^32 items, which would take 96 GiB.
#[derive(Clone)]
pub struct List {
    array: Rc<Array>,
    start: u32,
    len: u32,
}

struct Array {
    elem: Elem,
    nil: bool,
    /// Items that there is room for: as many as Go would have allocated. What no version holds is zero.
    cap: usize,
    first: Version,
}

/// The items of an array from one change to the next.
#[derive(Default)]
struct Version {
    items: Vec<Value>,
    next: OnceCell<Box<Version>>,
}

impl List {
    /// A slice of these items without spare capacity.
    pub fn new(elem: Elem, items: Vec<Value>) -> Self {
        List::with_capacity(elem, items, 0)
    }

    /// A slice of these items with the capacity `cap`.
    pub fn with_capacity(elem: Elem, items: Vec<Value>, cap: usize) -> Self {
        live::add(HEAD + ITEM * items.len());
        let len = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let cap = cap.max(items.len());
        let first = Version { items, next: OnceCell::new() };
        List { array: Rc::new(Array { elem, nil: false, cap, first }), start: 0, len }
    }

    /// A slice with the capacity that it has in Go after appending one item after the other.
    pub fn appended(elem: Elem, items: Vec<Value>) -> Self {
        List::appended_to(elem, 0, items)
    }

    /// A slice with the capacity that it has in Go after appending one item after the other to one with the capacity `cap`.
    pub fn appended_to(elem: Elem, mut cap: usize, items: Vec<Value>) -> Self {
        while cap < items.len() {
            cap = elem.grown(cap, cap + 1);
        }
        List::with_capacity(elem, items, cap)
    }

    /// A slice with the capacity that it has in Go after appending the rest of `items` at once to one with the capacity `cap`.
    pub fn joined_to(elem: Elem, cap: usize, items: Vec<Value>) -> Self {
        let cap = if cap < items.len() { elem.grown(cap, items.len()) } else { cap };
        List::with_capacity(elem, items, cap)
    }

    /// A nil slice: empty, and `null` in JSON.
    pub fn nil(elem: Elem) -> Self {
        live::add(HEAD);
        List { array: Rc::new(Array { elem, nil: true, cap: 0, first: Version::default() }), start: 0, len: 0 }
    }

    /// Whether the slice is nil (and not only empty).
    pub fn is_nil(&self) -> bool {
        self.array.nil
    }

    /// The element type.
    pub fn elem(&self) -> Elem {
        self.array.elem
    }

    /// The items.
    #[inline]
    pub fn items(&self) -> &[Value] {
        let (start, len) = (self.start as usize, self.len as usize);
        self.array.last().items.get(start..start + len).unwrap_or_default()
    }

    /// The capacity. Go: `cap`.
    pub fn capacity(&self) -> usize {
        self.array.cap - self.start as usize
    }

    /// The slice from `start` to `end` of the same array; `None` if they are not in order or beyond the capacity.
    /// Go: `reflect.Value.Slice`.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Option<Self> {
        if start > end || end > self.capacity() {
            return None;
        }
        let first = self.start as usize;
        let held = self.array.last().items.len();
        if first + end > held {
            let mut items = self.array.last().items.clone();
            items.resize_with(first + end, || self.elem().zero());
            self.array.change(items);
        }
        let (first, len) = (u32::try_from(first + start).ok()?, u32::try_from(end - start).ok()?);
        Some(List { array: Rc::clone(&self.array), start: first, len })
    }

    /// Replaces the items by as many others, for all slices of the array.
    pub fn overwrite(&self, with: Vec<Value>) {
        let mut items = self.array.last().items.clone();
        for (slot, item) in items.iter_mut().skip(self.start as usize).zip(with) {
            *slot = item;
        }
        self.array.change(items);
    }

    /// Whether both show the same part of one array.
    pub fn same(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.array, &other.array) && (self.start, self.len) == (other.start, other.len)
    }

    /// The items by value, moved out if nothing else refers to them.
    pub fn into_items(mut self) -> Vec<Value> {
        let whole = self.start == 0 && self.len as usize == self.array.last().items.len();
        match Rc::get_mut(&mut self.array) {
            Some(array) if whole && array.first.next.get().is_none() => array.take(),
            _ => self.to_vec(),
        }
    }

    /// Everything that the array holds, where nobody else holds it.
    pub(super) fn into_parts(mut self) -> Option<Vec<Value>> {
        Rc::get_mut(&mut self.array).map(Array::take)
    }
}

impl Array {
    /// The items as they are now.
    #[inline]
    fn last(&self) -> &Version {
        let mut version = &self.first;
        while let Some(next) = version.next.get() {
            version = next;
        }
        version
    }

    fn change(&self, items: Vec<Value>) {
        live::add(ITEM * items.len());
        // the last version has no next one
        let _ = self.last().next.set(Box::new(Version { items, next: OnceCell::new() }));
    }

    /// Takes out what all versions hold.
    fn take(&mut self) -> Vec<Value> {
        let mut all = std::mem::take(&mut self.first.items);
        let mut next = self.first.next.take();
        while let Some(mut version) = next {
            next = version.next.take();
            all.append(&mut version.items);
        }
        live::sub(ITEM * all.len());
        all
    }
}

impl std::ops::Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        self.items()
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        live::sub(HEAD);
        let items = self.take();
        if items.iter().any(super::map::is_container) {
            super::map::drop_flat(items);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(n: i64) -> Vec<Value> {
        (0..n).map(Value::Int).collect()
    }

    #[test]
    fn room_grows_as_gos() {
        // how many items were appended one by one, and the room after it
        for (elem, rows) in [
            (
                Elem::Any,
                &[(0, 0), (1, 1), (3, 4), (17, 32), (33, 71), (72, 143), (144, 303), (592, 1023), (2561, 3584)][..],
            ),
            (Elem::Str, &[(2, 2), (33, 71)]),
            (Elem::Int, &[(1, 1), (5, 8), (33, 64), (513, 848), (849, 1280), (2561, 3408)]),
            (Elem::List, &[(17, 37), (38, 74), (75, 170), (342, 682), (2390, 3413)]),
        ] {
            for (len, cap) in rows {
                assert_eq!(List::appended(elem, ints(*len)).capacity(), *cap, "{elem:?} {len}");
            }
        }
        // one item behind a full slice, and a full slice behind one item
        for (len, one_more, one_before) in [(0, 1, 1), (1, 2, 2), (3, 6, 4), (17, 35, 18), (32, 71, 35), (79, 167, 87)]
        {
            assert_eq!(List::appended_to(Elem::Any, len, vec![Value::Nil; len + 1]).capacity(), one_more, "{len}");
            assert_eq!(List::joined_to(Elem::Any, 1, vec![Value::Nil; len + 1]).capacity(), one_before, "{len}");
        }
    }

    #[test]
    fn windows_share_what_they_show() {
        let list = List::appended(Elem::Str, ["c", "b", "a"].map(Value::from).to_vec());
        let part = list.slice(1, 3).unwrap();
        assert_eq!((part.len(), part.capacity()), (2, 3));
        assert!(list.slice(0, 5).is_none() && list.slice(2, 1).is_none());
        let before = list.items();
        part.overwrite(vec!["a".into(), "b".into()]);
        let text = |items: &[Value]| format!("{items:?}");
        assert_eq!(text(before), r#"["c", "b", "a"]"#);
        assert_eq!(text(&list), r#"["c", "a", "b"]"#);
        assert_eq!(text(&part.slice(1, 3).unwrap()), r#"["b", ""]"#);
        assert_eq!(text(&list.slice(0, 4).unwrap()), r#"["c", "a", "b", ""]"#);
        assert_eq!(list.len(), 3);
        assert_eq!(text(&list.into_items()), r#"["c", "a", "b"]"#);
    }

    #[test]
    fn items_are_counted_as_long_as_they_live() {
        let before = live::bytes();
        let list = List::new(Elem::Any, ints(100));
        list.overwrite(ints(100));
        let part = list.slice(0, 1);
        drop(list);
        assert_eq!(live::bytes() - before, 96 + 200 * 24);
        drop(part);
        assert_eq!(live::bytes(), before);
        assert_eq!(List::new(Elem::Any, ints(3)).into_items().len(), 3);
        assert_eq!(live::bytes(), before);
    }
}
