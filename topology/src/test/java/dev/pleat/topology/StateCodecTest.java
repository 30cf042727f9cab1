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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
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

  record Priced(BigDecimal price) {}

  record Node(List<Node> children) {}

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
  void leaves_other_types_to_json() {
    Priced priced = new Priced(new BigDecimal("1.10"));
    Node node = new Node(List.of(new Node(List.of())));

    assertArrayEquals(
        "{\"price\":1.10}".getBytes(UTF_8), StateCodec.of(Priced.class).write(priced));
    assertEquals(priced, StateCodec.of(Priced.class).read("{\"price\":1.10}".getBytes(UTF_8)));
    assertEquals(node, StateCodec.of(Node.class).read(StateCodec.of(Node.class).write(node)));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
