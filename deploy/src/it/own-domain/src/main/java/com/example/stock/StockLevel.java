package com.example.stock;

/** A row of the view: how many there are. */
public record StockLevel(String sku, long inStock) {}
