"""The cache that drops what was used least recently."""

from models.lru_cache import LRUCache


def test_lru_cache_drops_least_recently_used_value() -> None:
    cache = LRUCache[str, int](2)
    cache.put("a", 1)
    cache.put("b", 2)

    assert cache.get("a") == 1
    cache.put("c", 3)

    assert ("a" in cache, "b" in cache, "c" in cache, len(cache)) == (True, False, True, 2)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_lru_cache_does_not_count_in_as_use() -> None:
    cache = LRUCache[str, int](2)
    cache.put("a", 1)
    cache.put("b", 2)

    assert "a" in cache
    cache.put("c", 3)

    assert ("a" in cache, "b" in cache, "c" in cache) == (False, True, True)


def test_lru_cache_is_bounded_by_total_size() -> None:
    cache = LRUCache[str, bytes](10, len)
    cache.put("a", b"1234")
    cache.put("b", b"1234")
    cache.put("c", b"12")
    assert len(cache) == 3

    cache.put("d", b"12345")

    assert ("a" in cache, "b" in cache, "c" in cache, "d" in cache) == (False, False, True, True)


def test_lru_cache_replaces_value_and_its_size() -> None:
    cache = LRUCache[str, bytes](10, len)
    cache.put("a", b"12345678")
    cache.put("a", b"12")
    cache.put("b", b"12345678")

    assert (cache.get("a"), cache.get("b")) == (b"12", b"12345678")


def test_lru_cache_does_not_store_value_over_max_size() -> None:
    cache = LRUCache[str, bytes](4, len)
    cache.put("a", b"12")
    cache.put("b", b"12345")
    assert (cache.get("a"), cache.get("b")) == (b"12", None)

    cache.put("a", b"12345")

    assert cache.get("a") is None


def test_lru_cache_forgets_discarded_and_cleared_values() -> None:
    cache = LRUCache[str, bytes](4, len)
    cache.put("a", b"1234")
    cache.discard("a")
    cache.discard("never put")
    cache.put("b", b"1234")
    assert (cache.get("a"), cache.get("b")) == (None, b"1234")

    cache.clear()
    cache.put("c", b"1234")

    assert (len(cache), cache.get("c")) == (1, b"1234")
