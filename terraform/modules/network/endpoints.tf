# Ways to AWS that need no internet.

locals {
  # What a task or the launcher asks of AWS: images, logs, secrets, tasks, events. S3 has a gateway, which costs nothing.
  interfaces = var.endpoints ? toset(["ecr.api", "ecr.dkr", "ecs", "logs", "secretsmanager", "sqs"]) : toset([])

  private_tables = local.made ? aws_route_table.private[*].id : var.existing.private_route_table_ids
}

resource "aws_vpc_endpoint" "s3" {
  count             = length(local.private_tables) == 0 && !local.made ? 0 : 1
  vpc_id            = local.vpc_id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = local.private_tables
  tags              = { Name = "${var.name}-s3" }
}

resource "aws_security_group" "endpoints" {
  count       = var.endpoints ? 1 : 0
  name        = "${var.name}-endpoints"
  description = "AWS services, from within the network"
  vpc_id      = local.vpc_id
}

resource "aws_security_group_rule" "endpoints" {
  count             = var.endpoints ? 1 : 0
  type              = "ingress"
  description       = "HTTPS from the network"
  security_group_id = aws_security_group.endpoints[0].id
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_blocks       = [local.vpc_cidr]
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = local.interfaces
  vpc_id              = local.vpc_id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = local.private_subnet_ids
  security_group_ids  = [aws_security_group.endpoints[0].id]
  tags                = { Name = "${var.name}-${each.key}" }
}
