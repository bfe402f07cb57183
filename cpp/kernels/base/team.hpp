// A team of threads that lives for one call: created on first use, joined by the destructor.
//
// Nothing survives the call, so a process may fork between calls. Work is split into tasks that do not depend on
// the number of threads; results that are merged are integers, or are merged in task order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pil_kmeans {

class Team {
  public:
    static constexpr int kMostThreads = 64;

    using Task = std::function<void(std::size_t, std::size_t)>;

    // Of up to `n_threads`, one at least; of more than kMostThreads as many as there are processors, for each of them
    // has scratch space in many a kernel.
    explicit Team(int n_threads);
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    std::size_t size() const { return static_cast<std::size_t>(n_threads_); }

    // Call `task(i, worker)` once for every i < n_tasks; worker < size() tells whose scratch space may be used.
    // The first exception that a task throws is rethrown here, after all workers have stopped.
    void run(std::size_t n_tasks, const Task& task);

  private:
    void work(std::size_t worker);
    void drain(const Task& task, std::size_t n_tasks, std::size_t worker);

    const int n_threads_;
    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable start_, done_;
    const Task* task_ = nullptr;  // of the run that goes on; who wakes up after its end has missed it
    std::size_t n_tasks_ = 0;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<std::size_t> n_runs_ = 0, n_busy_ = 0;  // these change under the mutex, and are looked at without it
    std::atomic<bool> stop_ = false;
    std::exception_ptr error_;
};

}  // namespace pil_kmeans
