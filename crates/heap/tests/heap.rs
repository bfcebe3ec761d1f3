//! Counting, cycles, limits and teardown on a small set of kinds.
use core::cell::RefCell;
use snakeye_heap::{Gc, HVec, Heap, KindOps, Payload, Tail, TailHead, Value};
use std::rc::Rc;

struct List(RefCell<HVec<Value>>);
// SAFETY: kind 1 is only used here; trace visits every element.
unsafe impl Payload for List {
    const KIND: u8 = 1;
    const CONTAINER: bool = true;
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Ok(items) = self.0.try_borrow() {
            items.iter().for_each(visit);
        }
    }
    fn clear(&self) {
        if let Ok(mut items) = self.0.try_borrow_mut() {
            let old = core::mem::take(&mut *items);
            drop(items);
            drop(old);
        }
    }
}

struct Text(u32);
// SAFETY: kind 2 is only used here; bytes refer to nothing.
unsafe impl TailHead for Text {
    type Element = u8;
    const KIND: u8 = 2;
    const CONTAINER: bool = false;
}

struct Probe(#[allow(dead_code)] Rc<()>);
// SAFETY: kind 3 is only used here; a probe refers to no value.
unsafe impl Payload for Probe {
    const KIND: u8 = 3;
    const CONTAINER: bool = false;
}

static KINDS: [KindOps; 4] =
    [KindOps::NONE, KindOps::of::<List>(), KindOps::of::<Tail<Text>>(), KindOps::of::<Probe>()];

fn heap() -> Heap {
    Heap::new(&KINDS, 1 << 20)
}

fn list(heap: &Heap) -> Gc<List> {
    heap.alloc(List(RefCell::new(HVec::new()))).unwrap()
}

#[test]
fn last_reference_frees_at_once() {
    let heap = heap();
    let alive = Rc::new(());
    let l = list(&heap);
    let probe = heap.alloc(Probe(alive.clone())).unwrap();
    l.0.borrow_mut().push(&heap, probe.into()).unwrap();
    assert_eq!(Rc::strong_count(&alive), 2);
    let copy = l.clone();
    drop(l);
    assert_eq!(Rc::strong_count(&alive), 2);
    drop(copy);
    assert_eq!(Rc::strong_count(&alive), 1);
    assert_eq!(heap.stats().used, 0);
}

#[test]
fn cycles_are_found_and_others_kept() {
    let heap = heap();
    let alive = Rc::new(());
    let outside = list(&heap);
    for _ in 0..50 {
        let (a, b) = (list(&heap), list(&heap));
        a.0.borrow_mut().push(&heap, b.value().clone()).unwrap();
        b.0.borrow_mut().push(&heap, a.value().clone()).unwrap();
        let probe = heap.alloc(Probe(alive.clone())).unwrap();
        b.0.borrow_mut().push(&heap, probe.into()).unwrap();
        if outside.0.borrow().len() < 5 {
            outside.0.borrow_mut().push(&heap, a.into()).unwrap();
        }
    }
    assert_eq!(Rc::strong_count(&alive), 51);
    assert_eq!(heap.collect(), 90);
    assert_eq!(Rc::strong_count(&alive), 6);
    assert_eq!(heap.collect(), 0);
    drop(outside);
    assert_eq!(heap.collect(), 10);
    assert_eq!(Rc::strong_count(&alive), 1);
    assert_eq!(heap.stats().used, 0);
}

#[test]
fn a_borrowed_container_is_left_alone() {
    let heap = heap();
    let a = list(&heap);
    a.0.borrow_mut().push(&heap, a.value().clone()).unwrap();
    let held = a.clone();
    {
        let _borrow = held.0.borrow_mut();
        drop(a);
        assert_eq!(heap.collect(), 0);
    }
    drop(held);
    assert_eq!(heap.collect(), 1);
}

#[test]
fn tails_hold_their_elements() {
    let heap = heap();
    for n in [0usize, 1, 7, 100, 600, 5000] {
        let v: Value = heap.alloc_tail(Text(9), n, (0..n).map(|i| i as u8)).unwrap().into();
        let (head, bytes) = v.tail::<Text>().unwrap();
        assert_eq!((head.0, bytes.len()), (9, n));
        assert!(bytes.iter().enumerate().all(|(i, &b)| b == i as u8));
        assert!(v.get::<List>().is_none());
    }
    assert_eq!(heap.stats().used, 0);
}

#[test]
fn the_limit_holds_and_the_heap_survives_it() {
    let heap = Heap::new(&KINDS, 512 * 1024);
    let keep = list(&heap);
    while let Ok(text) = heap.alloc_tail(Text(0), 1000, core::iter::repeat_n(1u8, 1000)) {
        if keep.0.borrow_mut().push(&heap, text.into()).is_err() {
            break;
        }
    }
    assert!(heap.stats().footprint <= 512 * 1024);
    assert!(keep.0.borrow().len() > 150);
    keep.0.borrow_mut().clear();
    assert!(heap.alloc_tail(Text(0), 1000, core::iter::repeat_n(1u8, 1000)).is_ok());
}

#[test]
fn long_chains_do_not_recurse() {
    let heap = Heap::new(&KINDS, 64 << 20);
    let mut head = list(&heap);
    let n = if cfg!(miri) { 300 } else { 100_000 };
    for _ in 0..n {
        let next = list(&heap);
        next.0.borrow_mut().push(&heap, head.into()).unwrap();
        head = next;
    }
    drop(head);
    assert_eq!(heap.stats().used, 0);
}

#[test]
fn dropping_the_heap_drops_what_is_left() {
    let alive = Rc::new(());
    let heap = heap();
    let a = list(&heap);
    a.0.borrow_mut().push(&heap, a.value().clone()).unwrap();
    let probe = heap.alloc(Probe(alive.clone())).unwrap();
    a.0.borrow_mut().push(&heap, probe.into()).unwrap();
    drop(a);
    drop(heap);
    assert_eq!(Rc::strong_count(&alive), 1);
}

#[test]
fn vec_insert_remove_splice() {
    let heap = heap();
    let mut v = HVec::from_iter(&heap, 0..10u32).unwrap();
    v.insert(&heap, 3, 99).unwrap();
    assert_eq!(v.remove(0), Some(0));
    let new = HVec::from_iter(&heap, 100..105u32).unwrap();
    let old = v.splice(&heap, 1, 3, new).unwrap();
    assert_eq!(&*old, &[2, 99]);
    assert_eq!(&*v, &[1, 100, 101, 102, 103, 104, 3, 4, 5, 6, 7, 8, 9]);
    v.truncate(2);
    assert_eq!(v.pop(), Some(100));
}
