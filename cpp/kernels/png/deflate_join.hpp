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

// The blocks of all, in one stream; blocks[i] is last_block(streams[i]).
std::vector<std::uint8_t> join_streams(const std::vector<std::span<const std::uint8_t>>& streams,
                                       const std::vector<LastBlock>& blocks);

}  // namespace pil_kmeans
