# Name and certificate of the launcher, when its zone is in Route 53.

locals {
  has_zone        = var.zone_id != null
  certificate_arn = local.has_zone ? aws_acm_certificate_validation.launcher[0].certificate_arn : var.certificate_arn
}

resource "aws_acm_certificate" "launcher" {
  count             = local.has_zone ? 1 : 0
  domain_name       = var.domain_name
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  count           = local.has_zone ? 1 : 0
  zone_id         = var.zone_id
  name            = tolist(aws_acm_certificate.launcher[0].domain_validation_options)[0].resource_record_name
  type            = tolist(aws_acm_certificate.launcher[0].domain_validation_options)[0].resource_record_type
  records         = [tolist(aws_acm_certificate.launcher[0].domain_validation_options)[0].resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "launcher" {
  count                   = local.has_zone ? 1 : 0
  certificate_arn         = aws_acm_certificate.launcher[0].arn
  validation_record_fqdns = [aws_route53_record.validation[0].fqdn]
}

resource "aws_route53_record" "launcher" {
  for_each = local.has_zone ? toset(["A", "AAAA"]) : toset([])
  zone_id  = var.zone_id
  name     = var.domain_name
  type     = each.key

  alias {
    name                   = module.launcher.balancer_dns_name
    zone_id                = module.launcher.balancer_zone_id
    evaluate_target_health = true
  }
}
