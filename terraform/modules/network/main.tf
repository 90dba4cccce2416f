# VPC with public subnets for the load balancer and private ones for everything else; or one that is there already.

data "aws_availability_zones" "here" {
  count = local.made && var.zones == null ? 1 : 0
  state = "available"
}

data "aws_vpc" "existing" {
  count = local.made ? 0 : 1
  id    = var.existing.vpc_id
}

locals {
  made  = var.existing == null
  zones = local.made ? (var.zones != null ? var.zones : slice(data.aws_availability_zones.here[0].names, 0, 2)) : []

  # A /16 gives sixteen /20: the first eight for public, the others for private subnets.
  public_cidrs  = [for nth, _ in local.zones : cidrsubnet(var.cidr, 4, nth)]
  private_cidrs = [for nth, _ in local.zones : cidrsubnet(var.cidr, 4, nth + 8)]
  nat_count     = var.nat == "none" || !local.made ? 0 : var.nat == "single" ? 1 : length(local.zones)

  vpc_id             = local.made ? aws_vpc.this[0].id : var.existing.vpc_id
  vpc_cidr           = local.made ? var.cidr : data.aws_vpc.existing[0].cidr_block
  private_subnet_ids = local.made ? aws_subnet.private[*].id : var.existing.private_subnet_ids
  public_subnet_ids  = local.made ? aws_subnet.public[*].id : var.existing.public_subnet_ids
}

resource "aws_vpc" "this" {
  count                = local.made ? 1 : 0
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

# The group that a forgotten setting would fall back to: it lets nothing through.
resource "aws_default_security_group" "closed" {
  count  = local.made ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${var.name}-unused" }
}

resource "aws_internet_gateway" "this" {
  count  = local.made ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = var.name }
}

resource "aws_subnet" "public" {
  count                   = length(local.zones)
  vpc_id                  = aws_vpc.this[0].id
  availability_zone       = local.zones[count.index]
  cidr_block              = local.public_cidrs[count.index]
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-public-${local.zones[count.index]}" }
}

resource "aws_subnet" "private" {
  count             = length(local.zones)
  vpc_id            = aws_vpc.this[0].id
  availability_zone = local.zones[count.index]
  cidr_block        = local.private_cidrs[count.index]
  tags              = { Name = "${var.name}-private-${local.zones[count.index]}" }
}

resource "aws_route_table" "public" {
  count  = local.made ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${var.name}-public" }
}

resource "aws_route" "internet" {
  count                  = local.made ? 1 : 0
  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  count          = length(local.zones)
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_eip" "nat" {
  count      = local.nat_count
  tags       = { Name = "${var.name}-nat-${count.index}" }
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  count         = local.nat_count
  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id
  tags          = { Name = "${var.name}-${count.index}" }
}

# A table a zone, so that each can have its own way out.
resource "aws_route_table" "private" {
  count  = length(local.zones)
  vpc_id = aws_vpc.this[0].id
  tags   = { Name = "${var.name}-private-${local.zones[count.index]}" }
}

resource "aws_route" "nat" {
  count                  = local.nat_count == 0 ? 0 : length(local.zones)
  route_table_id         = aws_route_table.private[count.index].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[min(count.index, local.nat_count - 1)].id
}

resource "aws_route_table_association" "private" {
  count          = length(local.zones)
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[count.index].id
}
