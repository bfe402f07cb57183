#include "kernels/team.hpp"

#include <system_error>

namespace pil_kmeans {

Team::~Team() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    start_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Team::run(std::size_t n_tasks, const std::function<void(std::size_t, std::size_t)>& task) {
    if (n_threads_ == 1 || n_tasks <= 1) {
        for (std::size_t i = 0; i < n_tasks; ++i) task(i, 0);
        return;
    }
    while (threads_.size() + 1 < size()) {
        const std::size_t worker = threads_.size() + 1;
        try {
            threads_.emplace_back([this, worker] { work(worker); });
        } catch (const std::system_error&) {
            break;  // the system has no more threads to give: fewer do the same work
        }
    }
    {
        const std::lock_guard lock(mutex_);
        task_ = &task;
        n_tasks_ = n_tasks;
        next_ = 0;
        busy_ = threads_.size();
        error_ = nullptr;
        ++generation_;
    }
    start_.notify_all();
    drain(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    if (error_) std::rethrow_exception(error_);
}

void Team::work(std::size_t worker) {
    std::size_t seen = 0;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            start_.wait(lock, [&] { return stop_ || generation_ != seen; });
            if (stop_) return;
            seen = generation_;
        }
        drain(worker);
        {
            const std::lock_guard lock(mutex_);
            --busy_;
        }
        done_.notify_one();
    }
}

void Team::drain(std::size_t worker) {
    for (;;) {
        std::size_t i;
        {
            const std::lock_guard lock(mutex_);
            if (next_ >= n_tasks_) return;
            i = next_++;
        }
        try {
            (*task_)(i, worker);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!error_) error_ = std::current_exception();
            next_ = n_tasks_;
        }
    }
}

}  // namespace pil_kmeans
