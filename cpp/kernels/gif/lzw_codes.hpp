// LZW as GIF89a has it: the dictionary as both sides know it, and codes as they stand in the file.
//
// T. A. Welch, A technique for high-performance data compression, Computer 17(6), 1984. Every code but the first after
// a clear one adds a string: that of the code before it and the first symbol of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pil_kmeans {

inline constexpr std::size_t kMostCodes = 4096;
inline constexpr int kMostCodeBits = 12;
inline constexpr std::uint16_t kNoCode = 0xffff;

class LzwCodes {
  public:
    explicit LzwCodes(int symbol_bits)
        : symbol_bits_(symbol_bits), clear_(std::size_t{1} << symbol_bits), code_bits_(symbol_bits + 1) {
        for (std::size_t i = 0; i < clear_; ++i) {
            const auto symbol = static_cast<std::uint8_t>(i);
            nodes_[i] = {kNoCode, kNoCode, kNoCode, 1, symbol, symbol};
        }
        clear();
    }

    // Forget all strings of more than one symbol, and tell the reader.
    void clear() {
        grow();
        write(clear_);
        for (std::size_t i = 0; i < clear_; ++i) nodes_[i].first_child = kNoCode;
        n_ = clear_ + 2;
        code_bits_ = symbol_bits_ + 1;
        last_ = kNoCode;
    }

    // Write the code of a string that `next_bits` is the price of.
    void put(std::uint16_t code) {
        grow();
        write(code);
        add(code);
        last_ = code;
    }

    std::vector<std::uint8_t> end() {
        grow();
        write(clear_ + 1);
        if (n_held_) bytes_.push_back(static_cast<std::uint8_t>(held_));
        return std::move(bytes_);
    }

    int next_bits() const { return code_bits_ + must_grow(); }
    bool is_full() const { return n_ == kMostCodes; }

    std::uint8_t symbol(std::uint16_t code) const { return nodes_[code].symbol; }
    std::size_t length(std::uint16_t code) const { return nodes_[code].length; }
    std::uint16_t without_last(std::uint16_t code) const { return nodes_[code].parent; }
    std::uint16_t first_child(std::uint16_t code) const { return nodes_[code].first_child; }
    std::uint16_t next_child(std::uint16_t code) const { return nodes_[code].next_child; }

    // The string that the next code adds if it begins as the last one, which that code may be already: the last string
    // and its own first symbol. kNoCode if it has a code, or there is no room.
    std::uint16_t unfinished() const { return unfinished_; }
    std::uint16_t last() const { return last_; }

  private:
    struct Node {
        std::uint16_t parent, first_child, next_child, length;
        std::uint8_t symbol, first;  // the last and the first of the string
    };

    int must_grow() const { return n_ == std::size_t{1} << code_bits_ && code_bits_ < kMostCodeBits; }
    void grow() { code_bits_ += must_grow(); }

    bool has_child(std::uint16_t code, std::uint8_t symbol) const {
        std::uint16_t child = nodes_[code].first_child;
        while (child != kNoCode && nodes_[child].symbol != symbol) child = nodes_[child].next_child;
        return child != kNoCode;
    }

    // The string that this code makes known. One that is known already takes a code all the same.
    void add(std::uint16_t code) {
        const std::uint8_t first = nodes_[code].first;
        if (last_ != kNoCode && !is_full()) {
            const auto added = static_cast<std::uint16_t>(n_++);
            nodes_[added] = grown(last_, first);
            if (!has_child(last_, first)) link(added);
        }
        unfinished_ = kNoCode;
        if (is_full() || has_child(code, first)) return;
        unfinished_ = static_cast<std::uint16_t>(n_);
        nodes_[unfinished_] = grown(code, first);
    }

    Node grown(std::uint16_t code, std::uint8_t symbol) const {
        return {code,   kNoCode,           kNoCode, static_cast<std::uint16_t>(nodes_[code].length + 1),
                symbol, nodes_[code].first};
    }

    void link(std::uint16_t code) {
        Node& node = nodes_[code];
        node.next_child = nodes_[node.parent].first_child;
        nodes_[node.parent].first_child = code;
    }

    void write(std::size_t code) {
        held_ |= static_cast<std::uint32_t>(code) << n_held_;
        for (n_held_ += code_bits_; n_held_ >= 8; n_held_ -= 8) {
            bytes_.push_back(static_cast<std::uint8_t>(held_));
            held_ >>= 8;
        }
    }

    const int symbol_bits_;
    const std::size_t clear_;
    std::array<Node, kMostCodes> nodes_;
    std::size_t n_ = 0;  // codes so far
    int code_bits_;
    std::uint16_t last_ = kNoCode, unfinished_ = kNoCode;
    std::vector<std::uint8_t> bytes_;
    std::uint32_t held_ = 0;
    int n_held_ = 0;
};

}  // namespace pil_kmeans
