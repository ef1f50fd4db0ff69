package io.sparkdao;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/** Questions that take as long as a warehouse takes, asked by threads that Spark does not interrupt. */
final class LongWork {
  private LongWork() {}

  static <T> CompletableFuture<T> start(Supplier<T> work) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    return CompletableFuture.supplyAsync(
        work,
        task -> {
          Thread thread = new Thread(task, "spark-dao-long-work");
          thread.setContextClassLoader(loader);
          thread.setDaemon(true);
          thread.start();
        });
  }

  /**
   * Does what must not be left half way. Where the query is cancelled meanwhile, which Spark's servers do by an interrupt,
   * the work is told so and then awaited: whoever commits has to learn how it ended. Work that was done by then stands.
   *
   * @param cancel makes the work fail soon, if it is not done
   */
  static <T> T cancellable(Supplier<T> work, Runnable cancel) {
    CompletableFuture<T> running = start(work);
    try {
      return running.get();
    } catch (ExecutionException failure) {
      throw DaoErrors.unchecked(failure.getCause());
    } catch (InterruptedException interrupted) {
      cancel.run();
      T done;
      try {
        done = running.join();
      } catch (CompletionException failure) {
        interrupted.addSuppressed(failure.getCause());
        throw DaoErrors.unchecked(interrupted);
      }
      // Too late for this work, but not for what the query does next.
      Thread.currentThread().interrupt();
      return done;
    }
  }
}
