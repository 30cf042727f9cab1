package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.topology.calculator.Calculator;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How a decider's state is stored. */
class StateCodecTest {

  sealed interface Basket {
    record Empty() implements Basket {}

    record Full(
        String owner,
        List<Item> items,
        Optional<Instant> paid,
        boolean gift,
        int count,
        long cents,
        UUID order)
        implements Basket {}
  }

  enum Size {
    SMALL,
    LARGE
  }

  record Item(String name, double weight, Size size) {}

  /** The same name as another record, in another shape. */
  static final class Later {
    record Item(String name, double weight, Size size, boolean sold) {}
  }

  record Priced(
      BigDecimal price, Set<String> tags, Map<String, List<Integer>> history, Optional<UUID> by) {}

  /** Has a component of a type that has no compact form. */
  record Dated(LocalDate day) {}

  /** The same name and shape as another record, with a constant less. */
  static final class Smaller {
    enum Size {
      SMALL
    }

    record Item(String name, double weight, Size size) {}
  }

  record Node(List<Node> children) {}

  private static final String APPROVED_BASKET =
      "01dcba27bc0100000001610000000100000002c3a9c000000000000000000000054c4152474501000000000000"
          + "00010000000201ffffffff000001000000000000000000000000010000000000000002";
  private static final String APPROVED_PRICED =
      "01f4b5f42200000002000000019200000001000000017800000001000000016b000000010000000700";

  @Test
  void the_calculator_s_state_has_the_approved_bytes() {
    StateCodec<Calculator.State> codec = StateCodec.of(Calculator.State.class);

    assertEquals("014d824acb014008000000000000", hex(codec.write(new Calculator.Holding(3))));
    assertEquals("014d824acb00", hex(codec.write(new Calculator.Absent())));
  }

  @Test
  void reads_back_what_it_wrote() {
    StateCodec<Basket> codec = StateCodec.of(Basket.class);
    long seed = Long.getLong("pleat.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      Basket basket = basket(random);
      byte[] bytes = codec.write(basket);
      assertEquals(basket, codec.read(bytes), "seed " + seed);
      assertEquals(1, bytes[0]);
      for (int length : new int[] {0, 1, bytes.length - 1, random.nextInt(bytes.length)}) {
        byte[] cut = Arrays.copyOf(bytes, length);
        assertThrows(RuntimeException.class, () -> codec.read(cut), "seed " + seed);
      }
      byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
      assertThrows(IllegalStateException.class, () -> codec.read(longer), "seed " + seed);
    }
  }

  @Test
  void shows_every_shape_it_takes_as_json_by_name() {
    StateCodec<Calculator.State> calculator = StateCodec.of(Calculator.State.class);
    assertEquals("{\"type\":\"Absent\"}", text(calculator.json(new Calculator.Absent())));
    assertEquals(
        "{\"type\":\"Holding\",\"value\":3.0}", text(calculator.json(new Calculator.Holding(3))));
    assertEquals(
        "{\"price\":1.50,\"tags\":[\"x\"],\"history\":{\"k\":[7]}}",
        text(
            StateCodec.of(Priced.class)
                .json(
                    new Priced(
                        new BigDecimal("1.50"),
                        Set.of("x"),
                        Map.of("k", List.of(7)),
                        Optional.empty()))));
    assertEquals(
        "{\"children\":[{\"children\":[]}]}",
        text(StateCodec.of(Node.class).json(new Node(List.of(new Node(List.of()))))));
    long seed = Long.getLong("pleat.seed", System.nanoTime());
    Random random = new Random(seed);
    StateCodec<Basket> codec = StateCodec.of(Basket.class);
    for (int i = 0; i < 200; i++) {
      Basket basket = basket(random);
      assertEquals(basket, JsonCodec.readValue(codec.json(basket), Basket.class), "seed " + seed);
    }
  }

  private static String text(byte[] json) {
    return new String(json, UTF_8);
  }

  private static Basket basket(Random random) {
    if (random.nextInt(10) == 0) {
      return new Basket.Empty();
    }
    List<Item> items = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      items.add(new Item("größer" + random.nextInt(), random.nextGaussian(), Size.values()[i % 2]));
    }
    return new Basket.Full(
        "",
        items,
        random.nextBoolean()
            ? Optional.empty()
            : Optional.of(Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000))),
        random.nextBoolean(),
        random.nextInt(),
        random.nextLong(),
        new UUID(random.nextLong(), random.nextLong()));
  }

  @Test
  void notices_that_the_type_has_another_shape() {
    byte[] bytes = StateCodec.of(Item.class).write(new Item("tea", 0.1, Size.SMALL));

    StateCodec.StateShapeChanged changed =
        assertThrows(
            StateCodec.StateShapeChanged.class, () -> StateCodec.of(Later.Item.class).read(bytes));

    assertTrue(changed.getMessage().contains("another stateVersion()"), changed.getMessage());
  }

  @Test
  void reads_a_state_that_an_earlier_release_wrote_as_json() {
    Calculator.State state = new Calculator.Holding(3);

    assertEquals(
        state,
        StateCodec.of(Calculator.State.class)
            .read(JsonCodec.writeValue(state, Calculator.State.class)));
  }

  @Test
  void every_form_has_the_approved_bytes() {
    Item item = new Item("é", -2, Size.LARGE);
    Basket basket =
        new Basket.Full(
            "a",
            List.of(item),
            Optional.of(Instant.ofEpochSecond(1, 2)),
            true,
            -1,
            1L << 40,
            new UUID(1, 2));
    Priced priced =
        new Priced(new BigDecimal("-1.10"), Set.of("x"), Map.of("k", List.of(7)), Optional.empty());

    assertEquals(APPROVED_BASKET, hex(StateCodec.of(Basket.class).write(basket)));
    assertEquals(APPROVED_PRICED, hex(StateCodec.of(Priced.class).write(priced)));
  }

  @Test
  void reads_back_numbers_sets_and_maps_in_their_order() {
    StateCodec<Priced> codec = StateCodec.of(Priced.class);
    Map<String, List<Integer>> history = new LinkedHashMap<>();
    history.put("b", List.of(1, 2));
    history.put("a", List.of());
    Priced priced =
        new Priced(
            new BigDecimal("1E+1000"),
            new LinkedHashSet<>(List.of("z", "y", "größe", "")),
            history,
            Optional.of(new UUID(3, 4)));

    Priced back = codec.read(codec.write(priced));

    assertEquals(priced, back);
    assertEquals(List.of("z", "y", "größe", ""), List.copyOf(back.tags()));
    assertEquals(List.of("b", "a"), List.copyOf(back.history().keySet()));
    assertThrows(UnsupportedOperationException.class, () -> back.tags().clear());
    assertThrows(UnsupportedOperationException.class, () -> back.history().clear());
  }

  @Test
  void notices_that_a_stored_constant_is_gone() {
    StateCodec<Smaller.Item> smaller = StateCodec.of(Smaller.Item.class);

    assertEquals(
        new Smaller.Item("tea", 1, Smaller.Size.SMALL),
        smaller.read(StateCodec.of(Item.class).write(new Item("tea", 1, Size.SMALL))));
    assertThrows(
        StateCodec.StateShapeChanged.class,
        () -> smaller.read(StateCodec.of(Item.class).write(new Item("tea", 1, Size.LARGE))));
  }

  @Test
  void a_state_with_null_in_it_is_written_as_json() {
    StateCodec<Item> codec = StateCodec.of(Item.class);
    Item item = new Item(null, 1, Size.SMALL);

    assertArrayEquals(JsonCodec.writeValue(item, Item.class), codec.write(item));
    assertEquals(item, codec.read(codec.write(item)));
  }

  @Test
  void leaves_other_types_to_json() {
    Dated dated = new Dated(LocalDate.of(2026, 11, 21));
    Node node = new Node(List.of(new Node(List.of())));

    assertArrayEquals(
        "{\"day\":\"2026-11-21\"}".getBytes(UTF_8), StateCodec.of(Dated.class).write(dated));
    assertEquals(dated, StateCodec.of(Dated.class).read(StateCodec.of(Dated.class).write(dated)));
    assertEquals(node, StateCodec.of(Node.class).read(StateCodec.of(Node.class).write(node)));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
