package io.sparkdao;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
   * Does what must not be left half way, however the query is cancelled meanwhile: whoever commits has to learn how it
   * ended. The interrupt stays set.
   */
  static <T> T uninterrupted(Supplier<T> work) {
    try {
      return start(work).join();
    } catch (CompletionException failure) {
      throw DaoErrors.unchecked(failure.getCause());
    }
  }
}
