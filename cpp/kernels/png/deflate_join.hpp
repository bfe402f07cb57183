// Streams of deflate that were made of consecutive parts, one after the other, are made one (RFC 1951).
//
// Each ends in a block that says it is the last, at any bit. Symbols are skipped to find out where that block begins
// and ends; then the bits are moved together, and only the very last block stays the last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pil_kmeans {

// Where in a stream, in bits, its last block begins and where it ends, and whether a block is stored, which begins at a
// whole byte. Throws std::invalid_argument if that is no complete stream.
struct LastBlock {
    std::size_t begin, end;
    bool has_stored;
};
LastBlock last_block(std::span<const std::uint8_t> stream);

// A stream of which more is to come: its bytes, and how many bits of the last of them are its own, 0 for all.
struct Joined {
    std::vector<std::uint8_t> bytes;
    std::size_t n_bits;
};

// The blocks of all, in one stream, behind the `n_bits` bits of `begun`, below 8, that were the end of what was joined
// before; blocks[i] is last_block(streams[i]). The stream ends where `ends`; else its last block is not the last.
Joined join_streams(const std::vector<std::span<const std::uint8_t>>& streams, const std::vector<LastBlock>& blocks,
                    std::uint8_t begun, std::size_t n_bits, bool ends);

}  // namespace pil_kmeans
