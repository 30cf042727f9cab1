package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.enrolments.EnrolmentDomain;
import dev.pleat.topology.listings.ListingDomain;
import dev.pleat.topology.market.MarketDomain;
import dev.pleat.topology.payments.PaymentDomain;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.products.ProductDomain;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every event that was ever released still folds, and what each view makes of them is what its
 * declared version has always made: rows that change without another version would differ from
 * those that lie in stores.
 */
class GoldenRowsTest {

  private static final List<Domain<?, ?, ?>> DOMAINS =
      List.of(
          CalculatorDomain.CALCULATOR,
          CustomerDomain.CUSTOMERS,
          ProductDomain.PRODUCTS,
          PriceDomain.PRICES,
          CatalogueDomain.CATALOGUE,
          ListingDomain.LISTINGS,
          EnrolmentDomain.ENROLMENTS,
          PaymentDomain.PAYMENTS,
          MarketDomain.MARKET);

  static Stream<Arguments> views() {
    return DOMAINS.stream()
        .flatMap(
            domain -> domain.schema().views().stream().map(view -> Arguments.of(domain, view)));
  }

  static Stream<Domain<?, ?, ?>> deciding() {
    return DOMAINS.stream().filter(domain -> domain.schema().takesCommands());
  }

  /** An event with its key, a line of a file. */
  private record Line(String key, byte[] event) {

    static List<Line> of(DomainSchema<?, ?> schema) {
      return file(schema.name() + ".events")
          .lines()
          .map(line -> line.split(" ", 2))
          .map(parts -> new Line(parts[0], parts[1].getBytes(UTF_8)))
          .toList();
    }
  }

  private static String file(String name) {
    try (InputStream in = GoldenRowsTest.class.getResourceAsStream("/golden/" + name)) {
      return in == null ? "" : new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("views")
  void makes_the_rows_that_this_version_has_always_made(Domain<?, ?, ?> domain, View view) {
    String file = domain.schema().name() + "." + view.name() + ".v" + view.version() + ".rows";

    assertEquals(
        file(file).strip(),
        rows(domain, view).strip(),
        "If the rows or indexes are meant to change, raise the version of the view "
            + view.name()
            + " in its schema and add a file for it beside golden/"
            + file);
  }

  private static String rows(Domain<?, ?, ?> domain, View view) {
    try (TopologyTestDriver driver = new TopologyTestDriver(ViewTopology.of(domain, view.name()))) {
      for (DomainSchema<?, ?> source : domain.schema().sources(view)) {
        var topic =
            driver.createInputTopic(
                source.eventsTopic(), new StringSerializer(), new ByteArraySerializer());
        Line.of(source).forEach(line -> topic.pipeInput(line.key(), line.event()));
      }
      StringBuilder rows = new StringBuilder();
      KeyValueStore<String, ValueAndTimestamp<byte[]>> store =
          driver.getTimestampedKeyValueStore(view.rowsStore());
      try (var all = store.all()) {
        all.forEachRemaining(
            row ->
                rows.append(row.key)
                    .append(' ')
                    .append(new String(row.value.value(), UTF_8))
                    .append('\n'));
      }
      if (!view.indexes().isEmpty()) {
        rows.append(index(driver, view));
      }
      return rows.toString();
    }
  }

  private static String index(TopologyTestDriver driver, View view) {
    KeyValueStore<Bytes, byte[]> index = driver.getKeyValueStore(view.indexStore());
    Set<String> entries = new TreeSet<>();
    try (var all = index.all()) {
      all.forEachRemaining(
          entry -> {
            if (entry.key.get()[0] != 0) {
              entries.add(entry.key.toString());
            }
          });
    }
    return entries.stream().map(entry -> entry + "\n").collect(Collectors.joining());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("deciding")
  void folds_every_event_into_the_state(Domain<?, ?, ?> domain) {
    assertEquals(Optional.empty(), trouble(domain));
  }

  private static <S, E> Optional<String> trouble(Domain<S, ?, E> domain) {
    Set<String> unseen = new TreeSet<>(domain.schema().events());
    for (Line line : Line.of(domain.schema())) {
      RecordedEvent event = domain.schema().upcast(JsonCodec.readEvent(line.event()));
      Class<? extends E> type = domain.schema().event(event.action()).orElseThrow();
      domain
          .decider()
          .evolve(domain.decider().initialState(), JsonCodec.toRecord(event.data(), type));
      unseen.remove(event.action());
    }
    return unseen.isEmpty()
        ? Optional.empty()
        : Optional.of("golden/" + domain.schema().name() + ".events has none of " + unseen);
  }
}
